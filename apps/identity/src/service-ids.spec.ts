import { type AccountDefinition } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { generateSecret } from '@berth/tokens';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginServer, type IdentityReplica, type Method, type StoppedClock } from './identity-app.suite.js';
import { active, IdentityPlace } from './identity-place.suite.js';
import type { PolicyStandIn } from './policy-stand-in.suite.js';

interface CreatedKey {
  readonly id: string;
  readonly apiKey: string;
}

const asked = 'repository:team/app:pull,push';

describe('/api/v1/service-ids', () => {
  let place: IdentityPlace;
  let policy: PolicyStandIn;
  let identity: IdentityReplica;
  let clock: StoppedClock;

  beforeAll(async () => {
    place = await IdentityPlace.start();
    ({ identity, policy, clock } = place);
  });
  afterAll(() => place.stop());

  const newName = () => `ci-${uuidv7().slice(-12)}`;
  const call: IdentityPlace['call'] = (...parts) => place.call(...parts);
  const give: IdentityPlace['give'] = (...parts) => place.give(...parts);
  const refusedBy: IdentityPlace['refusedBy'] = (claims) => place.refusedBy(claims);
  const login = (credential: string, more: readonly (readonly [string, string])[] = []) =>
    place.ask(credential, [asked], more);
  const claimsOf = (credential: string) => place.claimsOf(credential, asked);

  async function newService(): Promise<{ id: string; name: string }> {
    const answer = await call('POST', '/service-ids', { name: newName() });
    expect(answer.statusCode).toBe(201);
    return answer.json();
  }

  async function newKey(id: string, more: object = {}): Promise<CreatedKey> {
    const answer = await call('POST', `/service-ids/${id}/api-keys`, more);
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([201, 'no-store']);
    return answer.json();
  }

  const renewed = (refreshToken: string) =>
    identity.post([
      ['grant_type', 'refresh_token'],
      ['service', loginServer],
      ['client_id', 'spec'],
      ['refresh_token', refreshToken],
    ]);

  it('S0-16 logs in with its name, or iamapikey, and any of its API keys', async () => {
    const { id, name } = await newService();
    const [first, second] = [await newKey(id), await newKey(id, { name: 'second' })];
    expect(first.apiKey).toMatch(/^brk_[0-9A-Za-z]{49}$/);
    await give(`service:${id}`, 'AcrPush');
    for (const credential of [`${name}:${first.apiKey}`, `iamapikey:${second.apiKey}`]) {
      const claims = await claimsOf(credential);
      expect(claims).toMatchObject({ sub: `service:${id}`, name });
      expect(claims.access[0]?.actions).toEqual(expect.arrayContaining(['pull', 'push']));
      const managed = (await identity.logIn(credential)).json<{ token: string }>().token;
      expect(identity.verifier().verifyManagement(managed)).toMatchObject({ sub: `service:${id}`, operator: false });
    }
    expect((await identity.entries()).at(-1)).toMatchObject({ actor: { id: `service:${id}`, name } });
  });

  it('B25 shows no API key to anybody, and keeps only its hash', async () => {
    const { id } = await newService();
    const { apiKey, id: keyId } = await newKey(id, { name: 'deploy' });
    const listed = await call('GET', `/service-ids/${id}/api-keys`);
    const createdAt = new Date(clock.read()).toISOString();
    expect(listed.json()).toEqual({ items: [{ id: keyId, name: 'deploy', createdAt, expiresAt: null }], next: null });
    const rows = await identity.app
      .get(Database)
      .query<{ row: string }>(`select k::text as row from api_key k union all select o::text from outbox o`);
    expect(rows.filter(({ row }) => row.includes(apiKey))).toEqual([]);
    expect(identity.logged()).not.toContain(apiKey);
    expect((await identity.spoolBytes()).includes(apiKey)).toBe(false);
  });

  it('refuses every other API key alike', async () => {
    const one = await newService();
    const { apiKey } = await newKey(one.id);
    const tries = [
      [`${newName()}:${apiKey}`, 'other-name'],
      [`${one.name}:${generateSecret('brk')}`, 'unknown-api-key'],
      [`admin:${apiKey}`, 'other-name'],
    ] as const;
    const answers = new Set<string>();
    for (const [credential, reason] of tries) {
      for (const answer of [await login(credential), await identity.logIn(credential)]) {
        expect([answer.statusCode, (await identity.entries()).at(-1)?.reason]).toEqual([401, reason]);
      }
      answers.add((await login(credential)).body.replace(/"requestId":"[^"]+"/, ''));
    }
    expect(answers.size).toBe(1);
  });

  it('A29 ends what was issued for a key that is deleted, and leaves the other keys alone', async () => {
    const { id, name } = await newService();
    const [old, kept] = [await newKey(id), await newKey(id)];
    const { refresh_token: refreshToken } = (await login(`${name}:${old.apiKey}`, [['offline_token', 'true']])).json<{
      refresh_token: string;
    }>();
    expect((await renewed(refreshToken)).statusCode).toBe(200);
    const [held, other] = [await claimsOf(`${name}:${old.apiKey}`), await claimsOf(`${name}:${kept.apiKey}`)];
    expect((await call('DELETE', `/service-ids/${id}/api-keys/${old.id}`)).statusCode).toBe(204);
    expect([await refusedBy(held), await refusedBy(other)]).toEqual([`api-key:${old.id}`, null]);
    expect((await login(`${name}:${old.apiKey}`)).statusCode).toBe(401);
    expect((await renewed(refreshToken)).statusCode).toBe(400);
    expect((await login(`${name}:${kept.apiKey}`)).statusCode).toBe(200);
    expect((await call('DELETE', `/service-ids/${id}/api-keys/${old.id}`)).statusCode).toBe(404);
  });

  it('S0-17 ends a key at its time, with what was issued for it', async () => {
    const { id, name } = await newService();
    const expiresAt = new Date(clock.read() + 40_000).toISOString();
    const { apiKey } = await newKey(id, { expiresAt });
    const claims = await claimsOf(`${name}:${apiKey}`);
    expect(claims.exp * 1000).toBe(Date.parse(expiresAt));
    expect((await identity.logIn(`${name}:${apiKey}`)).json<{ expiresInSeconds: number }>().expiresInSeconds).toBe(40);
    clock.advance(40_000);
    await identity.listenToSilence();
    expect((await login(`${name}:${apiKey}`)).statusCode).toBe(401);
    expect((await call('POST', `/service-ids/${id}/api-keys`, { expiresAt })).statusCode).toBe(400);
  });

  it('ends everything of one that is disabled or deleted', async () => {
    const { id, name } = await newService();
    const { apiKey } = await newKey(id);
    const held = await claimsOf(`${name}:${apiKey}`);
    await call('PATCH', `/service-ids/${id}`, { status: 'disabled' });
    expect([await refusedBy(held), (await login(`${name}:${apiKey}`)).statusCode]).toEqual([`service:${id}`, 401]);
    await call('PATCH', `/service-ids/${id}`, { status: 'enabled' });
    const again = await claimsOf(`${name}:${apiKey}`);
    expect(await refusedBy(again)).toBeNull();
    expect((await call('DELETE', `/service-ids/${id}`)).statusCode).toBe(204);
    expect([await refusedBy(again), (await login(`${name}:${apiKey}`)).statusCode]).toEqual([`service:${id}`, 401]);
    expect((await call('GET', `/service-ids/${id}`)).statusCode).toBe(404);
  });

  it('gives a key of one that holds more to nobody, and the one it is to who holds it', async () => {
    const helper = await newService();
    const signer = await newService();
    const credential = `${helper.name}:${(await newKey(helper.id)).apiKey}`;
    await give(`service:${helper.id}`, 'Contributor');
    await give(`service:${signer.id}`, 'AcrImageSigner');
    const asHelper = (method: Method, path: string, body?: object) =>
      identity.callAs(credential, [method, `/service-ids/${signer.id}${path}`], body);
    const refused = await asHelper('POST', '/api-keys', {});
    expect([refused.statusCode, refused.json()]).toMatchObject([403, { code: 'not-held' }]);
    expect((await identity.entries()).at(-1)).toMatchObject({ event: 'refused', reason: 'not-held' });
    expect((await asHelper('PATCH', '', { status: 'disabled' })).statusCode).toBe(200);
    expect((await asHelper('PATCH', '', { status: 'enabled' })).statusCode).toBe(403);
    await give(`service:${helper.id}`, 'AcrImageSigner');
    expect((await asHelper('PATCH', '', { status: 'enabled' })).statusCode).toBe(200);
    expect((await asHelper('POST', '/api-keys', {})).statusCode).toBe(201);
  });

  it('has at most 20 keys, and a name of its own', async () => {
    const { id, name } = await newService();
    for (let n = 0; n < 20; n++) await newKey(id);
    expect((await call('POST', `/service-ids/${id}/api-keys`, {})).statusCode).toBe(409);
    expect((await call('POST', '/service-ids', { name })).statusCode).toBe(409);
    for (const body of [{ name: 'iamapikey' }, { name: newName(), apiKey: 'brk_mine' }, {}]) {
      expect((await call('POST', '/service-ids', body)).statusCode).toBe(400);
    }
    const { items } = (await call('GET', '/service-ids?limit=1000')).json<{ items: { name: string }[] }>();
    expect(items.map((each) => each.name)).toContain(name);
  });

  it('D15 knows no service ID of another account, and lets it into no registry of this one', async () => {
    const acmeId = uuidv7();
    policy.set<AccountDefinition>({ kind: 'account', id: acmeId, account: acmeId, name: 'acme', ...active });
    await identity.follow();
    const password = 'the owner of acme';
    const owner = await call('POST', '/users', { name: 'owner-of-acme', password, account: acmeId });
    await give(`user:${owner.json<{ id: string }>().id}`, 'Owner', acmeId);
    const asAcme = (method: Method, path: string, body?: object) =>
      identity.callAs(`acme/owner-of-acme:${password}`, [method, path], body);
    const theirs = (await asAcme('POST', '/service-ids', { name: 'ci-of-acme' })).json<{ id: string }>();
    const key = (await asAcme('POST', `/service-ids/${theirs.id}/api-keys`, {})).json<CreatedKey>();
    const address = `/service-ids/${theirs.id}`;
    for (const [method, path, body] of [
      ['GET', ''],
      ['PATCH', '', { status: 'disabled' }],
      ['DELETE', ''],
      ['GET', '/api-keys'],
      ['POST', '/api-keys', {}],
      ['DELETE', `/api-keys/${key.id}`],
    ] as const) {
      expect((await call(method, `${address}${path}`, body)).statusCode).toBe(404);
    }
    expect((await login(`ci-of-acme:${key.apiKey}`)).statusCode).toBe(401);
    const managed = (await identity.logIn(`ci-of-acme:${key.apiKey}`)).json<{ token: string }>().token;
    expect(identity.verifier().verifyManagement(managed).acct).toBe(acmeId);
  });

  it('refuses all of it to somebody without the right', async () => {
    const { id, name } = await newService();
    const { id: keyId, apiKey } = await newKey(id);
    for (const [method, path, body] of [
      ['POST', '/service-ids', { name: newName() }],
      ['GET', '/service-ids'],
      ['GET', `/service-ids/${id}`],
      ['PATCH', `/service-ids/${id}`, { status: 'disabled' }],
      ['DELETE', `/service-ids/${id}`],
      ['GET', `/service-ids/${id}/api-keys`],
      ['POST', `/service-ids/${id}/api-keys`, {}],
      ['DELETE', `/service-ids/${id}/api-keys/${keyId}`],
      ['GET', '/users/me'],
    ] as const) {
      expect((await identity.callAs(`${name}:${apiKey}`, [method, path], body)).statusCode).toBe(403);
    }
  });
});
