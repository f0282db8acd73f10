import { accessClaims, installation, type ScopeMapDefinition } from '@berth/contracts';
import { generateSecret } from '@berth/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, basic, loginServer, type IdentityReplica, type StoppedClock } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';

const service = ['service', loginServer] as const;
const pull = ['scope', 'repository:samples/hello-world:pull'] as const;

describe('GET /oauth2/token', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let clock: StoppedClock;
  let credential: string;
  let readers: ScopeMapDefinition;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) => {
      readers = policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']);
    });
    ({ identity, clock } = place);
    credential = await newCredential('device-1');
  });
  afterAll(() => place.stop());

  async function newCredential(name: string, token: object = {}, password: object = {}): Promise<string> {
    const put = await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers', ...token });
    expect(put.statusCode).toBe(201);
    const generated = await identity.manage('POST', `/tokens/${name}/passwords`, { slot: 1, ...password });
    expect(generated.statusCode).toBe(201);
    return `${name}:${generated.json<{ password: string }>().password}`;
  }

  async function grantedTo(
    user: string,
    ...parameters: (readonly [string, string])[]
  ): Promise<ReturnType<typeof accessClaims.parse>> {
    const answer = await identity.askForToken([service, ...parameters], user);
    expect(answer.statusCode).toBe(200);
    return identity.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
  }

  const lastEntry = async () => (await identity.entries()).at(-1);

  it('B15 refuses to sign a token that no server would take in a header', async () => {
    const scopes = Array.from({ length: 60 }, (_, n) => ['scope', `repository:${'a'.repeat(200)}/${n}:pull`] as const);
    const answer = await identity.askForToken([service, ...scopes], `admin:${adminPassword}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: 'invalid_scope' });
  });

  it('S1-14 signs a token of exactly what is asked and held', async () => {
    const answer = await identity.askForToken([service, pull], credential);
    const body = answer.json<{ token: string; access_token: string; expires_in: number; issued_at: string }>();
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(body.access_token).toBe(body.token);
    expect(body.issued_at).toBe(new Date(clock.read()).toISOString());
    expect(body.expires_in).toBeGreaterThanOrEqual(270);
    expect(body.expires_in).toBeLessThanOrEqual(300);
    const claims = identity.verifier().verifyAccess(body.token, loginServer);
    expect(claims).toMatchObject({
      name: 'device-1',
      acct: installation.accountId,
      rid: installation.registryId,
      slot: 1,
      access: [{ type: 'repository', name: 'samples/hello-world', actions: ['pull'], inc: 0 }],
    });
    const tokenId = claims.sub.slice('token:'.length);
    expect(Object.keys(claims.ver).sort()).toEqual(
      [
        `scope-map:${Object.keys(claims.ver)
          .find((key) => key.startsWith('scope-map:'))
          ?.slice(10)}`,
        `slot:${tokenId}/1`,
        claims.sub,
      ].sort(),
    );
  });

  it('S1-15 gives nothing for another repository, nor for a push', async () => {
    expect((await grantedTo(credential, ['scope', 'repository:samples/nginx:pull'])).access).toEqual([]);
    expect((await grantedTo(credential, ['scope', 'repository:samples/hello-world:push'])).access).toEqual([]);
  });

  it('answers the user admin with the rights of its role assignment', async () => {
    const claims = await grantedTo(`admin:${adminPassword}`, ['scope', 'repository:any/thing:pull,push']);
    expect(claims.sub).toBe(`user:${installation.adminUserId}`);
    expect(claims.access[0]?.actions).toEqual(['pull', 'push', 'metadata_read']);
    expect(Object.keys(claims.ver)).toEqual([claims.sub, `role-assignment:${installation.ownerAssignmentId}`]);
  });

  it('issues a token of a log-in without a scope', async () => {
    expect((await grantedTo(credential)).access).toEqual([]);
  });

  it('B1 answers 200 with empty access to a user without rights', async () => {
    expect((await grantedTo(credential, ['scope', 'repository:victim/app:pull,push'])).access).toEqual([]);
  });

  it('B2 never grants a star', async () => {
    const { access } = await grantedTo(credential, ['scope', 'repository:samples/hello-world:*']);
    expect(access).toEqual([{ type: 'repository', name: 'samples/hello-world', actions: ['pull'], inc: 0 }]);
  });

  it('B3 takes a name on another host for no repository of ours', async () => {
    const claims = await grantedTo(credential, ['scope', 'repository:host:5000/samples/hello-world:pull']);
    expect(claims.access).toEqual([]);
  });

  it.each([
    ['B4', 'repository:a:b:c:d:pull'],
    ['B5', 'repository:team/app,victim/app:pull'],
    ['B8', 'repository:team/../app:pull'],
    ['B9', 'repository:TEAM/app:pull'],
    ['B13', 'registry(x):y:z'],
    ['B15', `repository:${'a'.repeat(100_000)}:pull`],
  ])('%s refuses a malformed scope with 400, and enters that', async (_id, scope) => {
    const answer = await identity.askForToken([service, ['scope', scope]], credential);
    expect([answer.statusCode, answer.json<{ error: string }>().error]).toEqual([400, 'invalid_scope']);
    expect(await lastEntry()).toMatchObject({ event: 'token-refused', reason: 'invalid_scope', actor: { id: null } });
  });

  it('B6 B7 judges each scope on its own, several in one parameter or in several', async () => {
    const one = 'repository:samples/hello-world:pull,,delete,*,PULL,pull repository:victim/app:push';
    expect((await grantedTo(credential, ['scope', one])).access).toHaveLength(1);
    expect((await grantedTo(credential, pull, ['scope', 'repository:victim/app:push'])).access).toHaveLength(1);
  });

  it('B12 opens the catalog, and says by what it is decided: one scope map, or groups', async () => {
    const catalog = { type: 'registry', name: 'catalog', actions: ['*'], inc: 0 };
    const ofToken = await grantedTo(credential, ['scope', 'registry:catalog:*']);
    expect(ofToken.access).toEqual([catalog]);
    expect(ofToken.scopeMap).toBe(readers.id);
    const ofUser = await grantedTo(`admin:${adminPassword}`, ['scope', 'registry:catalog:*'], pull);
    expect(ofUser).toMatchObject({ access: [catalog, { name: 'samples/hello-world' }], groups: [] });
    expect(await grantedTo(credential, pull)).not.toHaveProperty('scopeMap');
  });

  it.each([
    ['another service', [['service', 'other:5000']]],
    ['no service', []],
    ['service twice', [service, service]],
  ] as const)('B16 refuses %s', async (_what, parameters) => {
    const answer = await identity.askForToken([...parameters, pull], credential);
    expect([answer.statusCode, answer.json<{ error: string }>().error]).toEqual([400, 'invalid_request']);
  });

  it('B17 refuses an account that is not the user of the credential', async () => {
    const answer = await identity.askForToken([service, pull, ['account', 'alice']], credential);
    expect(answer.statusCode).toBe(400);
    expect((await identity.askForToken([service, pull, ['account', 'device-1']], credential)).statusCode).toBe(200);
  });

  it('B18 accepts a client_id with a line break, which appears nowhere', async () => {
    const answer = await identity.askForToken([service, pull, ['client_id', 'x\nINFO admin login']], credential);
    expect(answer.statusCode).toBe(200);
    expect((await identity.spoolBytes()).includes('admin login')).toBe(false);
  });

  it('asks for a credential where there is none, and enters nothing', async () => {
    const before = (await identity.entries()).length;
    const answer = await identity.askForToken([service, pull]);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(
      'Basic realm="http://localhost:5000/oauth2/token", charset="UTF-8"',
    );
    expect((await identity.entries()).length).toBe(before);
  });

  it('B19 B20 B25 refuses every credential that is not good with the same answer, and enters why', async () => {
    const [name] = credential.split(':');
    const other = await newCredential('device-off', { status: 'disabled' });
    const tokenEnd = await newCredential('device-past', { expiresAt: new Date(clock.read() + 1000).toISOString() });
    const slotEnd = await newCredential('device-slot', {}, { expiresAt: new Date(clock.read() + 1000).toISOString() });
    clock.advance(2000);
    const tries: [string, string][] = [
      [`${name}:${generateSecret('brt')}`, 'wrong-password'],
      [`nobody:${generateSecret('brt')}`, 'unknown-token'],
      [other, 'disabled'],
      [tokenEnd, 'expired'],
      [slotEnd, 'password-expired'],
      [`admin:wrong password`, 'wrong-password'],
      [`nobody:wrong password`, 'unknown-user'],
      [`admin:${credential.split(':')[1]}`, 'unknown-token'],
      [`${name}:${adminPassword}`, 'unknown-user'],
      [`${name}:${generateSecret('brk')}`, 'unknown-api-key'],
      [`admin:${adminPassword}${'x'.repeat(72)}`, 'wrong-password'],
      [':', 'unreadable-credential'],
    ];
    const answers = [];
    for (const [given, reason] of tries) {
      const { statusCode, headers, json } = await identity.askForToken([service, pull], given);
      const { error, error_description, errors } = json();
      answers.push(JSON.stringify([statusCode, headers['www-authenticate'], error, error_description, errors[0].code]));
      expect(await lastEntry()).toMatchObject({ event: 'token-refused', outcome: 'refused', reason });
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('authentication required');
  });

  it('refuses another scheme than Basic', async () => {
    const url = `/oauth2/token?service=${encodeURIComponent(loginServer)}`;
    const answer = await identity.app.inject({ url, headers: { authorization: 'Bearer abc' } });
    expect(answer.statusCode).toBe(401);
  });

  it('B24 knows no default password', async () => {
    for (const password of ['admin', 'password', 'Harbor12345', 'admin123', 'changeme']) {
      expect((await identity.askForToken([service], `admin:${password}`)).statusCode).toBe(401);
    }
  });

  it('enters who got what, from where, decided by what, before it answers', async () => {
    await identity.app.inject({
      url: `/oauth2/token?service=${encodeURIComponent(loginServer)}&scope=repository:samples/hello-world:pull,push`,
      headers: {
        authorization: basic(credential),
        'user-agent': 'docker/29',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
      remoteAddress: '192.0.2.9',
    });
    const entry = await lastEntry();
    expect(entry).toEqual({
      at: new Date(clock.read()).toISOString(),
      account: installation.accountId,
      event: 'token-issued',
      actor: { id: expect.stringMatching(/^token:/), name: 'device-1', slot: 1 },
      action: null,
      asked: 'repository:samples/hello-world:pull,push',
      target: { registryId: installation.registryId, repository: 'samples/hello-world' },
      outcome: 'allowed',
      reason: 'fewer-than-asked',
      decidedBy: [{ ref: expect.stringMatching(/^scope-map:/), version: expect.any(Number) }],
      source: { address: '192.0.2.9', userAgent: 'docker/29' },
      traceId: '0af7651916cd43dd8448eb211c80319c',
      service: 'identity',
      instance: 'identity-1',
    });
  });

  it('never lets a token outlive its password or itself', async () => {
    const soon = new Date(clock.read() + 20_000).toISOString();
    const claims = await grantedTo(await newCredential('device-soon', {}, { expiresAt: soon }), pull);
    expect(claims.exp * 1000).toBe(Date.parse(soon));
    const ending = await grantedTo(await newCredential('device-ends', { expiresAt: soon }), pull);
    expect(ending.exp * 1000).toBe(Date.parse(soon));
  });

  it('B26 leaves no secret in any entry or log line, and no user name that nobody has', async () => {
    await identity.askForToken([service], `my-secret-typed-as-name:wrong password`);
    const bytes = (await identity.spoolBytes()).toString('latin1') + identity.logged();
    const secrets = [credential.split(':')[1] ?? '', adminPassword, 'wrong password', 'my-secret-typed-as-name'];
    expect(secrets.filter((secret) => bytes.includes(secret) || bytes.includes(basic(secret)))).toEqual([]);
    expect(bytes).not.toMatch(/Basic [A-Za-z0-9]|eyJ/);
    expect(identity.logged()).toContain('a token request was refused');
    expect((await lastEntry())?.actor.name).toMatch(/^unknown:[0-9a-f]{32}$/);
  });
});
