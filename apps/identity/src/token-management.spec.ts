import { installation, type RoleAssignmentDefinition } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, IdentityReplica, type StoppedClock } from './identity-app.suite.js';
import { IdentityPlace } from './identity-place.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';
import type { TokenAnswer } from './token-answer.js';

describe('/api/v1/registries/{r}/tokens', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let policy: PolicyStandIn;
  let clock: StoppedClock;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) => {
      policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']);
      policy.setScopeMap('writers', ['repositories/samples/hello-world/content/write']);
    });
    ({ identity, policy, clock } = place);
  });
  afterAll(() => place.stop());

  const newName = () => `token-${uuidv7().slice(-12)}`;

  async function newToken(): Promise<string> {
    const name = newName();
    expect((await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers' })).statusCode).toBe(201);
    return name;
  }

  const changeEntries = () =>
    identity.app
      .get(Database)
      .query<{ data: { event: string; asked?: string; target: { resourceName: string } } }>(
        `select data from outbox where lane = 'bulk' order by id`,
      );

  it('S1-13 creates a token with a scope map, and the same request again changes nothing', async () => {
    const name = newName();
    const created = await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers' });
    expect(created.statusCode).toBe(201);
    expect(created.json()).toMatchObject({ name, scopeMap: 'readers', status: 'enabled', expiresAt: null, labels: {} });
    const again = await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers' });
    expect([again.statusCode, again.json()]).toEqual([200, created.json()]);
    const told = (await changeEntries()).filter(({ data }) => data.target.resourceName === name);
    expect(told.map(({ data }) => data.event)).toEqual(['created']);
  });

  it('finds a scope map at once that its own copy does not have yet', async () => {
    policy.setScopeMap('made-just-now', ['repositories/samples/nginx/content/read']);
    const answer = await identity.manage('PUT', `/tokens/${newName()}`, { scopeMap: 'made-just-now' });
    expect([answer.statusCode, answer.json<TokenAnswer>().scopeMap]).toEqual([201, 'made-just-now']);
  });

  it('S0-14 makes a scope map of its own for repositories and actions, as the caller', async () => {
    const name = newName();
    const repositories = [{ name: 'team/*', actions: ['pull', 'metadata/read'] }];
    const answer = await identity.manage('PUT', `/tokens/${name}`, { repositories });
    expect([answer.statusCode, answer.json<TokenAnswer>().scopeMap]).toEqual([201, `${name}-scope-map`]);
    expect(policy.callers.at(-1)).toMatch(/^Bearer eyJ/);
    const password = await identity.manage('POST', `/tokens/${name}/passwords`, { slot: 2 });
    const issued = await identity.askForToken(
      [
        ['service', 'localhost:5000'],
        ['scope', 'repository:team/app:pull'],
      ],
      `${name}:${password.json<{ password: string }>().password}`,
    );
    const { access } = identity.verifier().verifyAccess(issued.json<{ token: string }>().token, 'localhost:5000');
    expect(access[0]?.actions).toEqual(['pull', 'metadata_read']);
  });

  it.each([
    ['an unknown scope map', { scopeMap: 'nowhere' }, 'unknown-scope-map'],
    ['neither scope map nor repositories', {}, 'malformed-request'],
    ['both', { scopeMap: 'readers', repositories: [{ name: 'a', actions: ['pull'] }] }, 'malformed-request'],
    ['an unknown action', { repositories: [{ name: 'a', actions: ['fly'] }] }, 'invalid-repositories'],
    ['a management action', { repositories: [{ name: 'a', actions: ['tokens/write'] }] }, 'invalid-repositories'],
    ['a bad repository', { repositories: [{ name: 'A*', actions: ['pull'] }] }, 'invalid-repositories'],
    ['an unknown field', { scopeMap: 'readers', admin: true }, 'malformed-request'],
    ['a label that Postgres can not store', { scopeMap: 'readers', labels: { a: '\u0000' } }, 'malformed-request'],
    ['half a character', { scopeMap: 'readers', labels: { a: '\ud800' } }, 'malformed-request'],
    ['a time that is none', { scopeMap: 'readers', expiresAt: 'tomorrow' }, 'malformed-request'],
  ])('refuses %s', async (_what, body, code) => {
    const answer = await identity.manage('PUT', `/tokens/${newName()}`, body);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, code]);
  });

  it.each(['abcd', 'a'.repeat(51), 'with.dot', 'admin', 'Admin', 'iamapikey', '00000000-0000-0000-0000-000000000000'])(
    'refuses the name %s',
    async (name) => {
      expect((await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers' })).statusCode).toBe(400);
    },
  );

  it('refuses an address that Postgres can not store', async () => {
    expect((await identity.manage('GET', '/tokens/abc%00de')).statusCode).toBe(400);
  });

  it('B25 shows no secret of a token to anybody, only when its passwords end', async () => {
    const name = await newToken();
    const generated = await identity.manage('POST', `/tokens/${name}/passwords`, { slot: 1 });
    const { password, ...rest } = generated.json<{ password: string }>();
    expect(rest).toEqual({ slot: 1, expiresAt: null });
    expect(generated.headers['cache-control']).toBe('no-store');
    const shown = await identity.manage('GET', `/tokens/${name}`);
    expect(shown.json<TokenAnswer>().passwords).toEqual([
      { slot: 1, createdAt: new Date(clock.read()).toISOString(), expiresAt: null },
    ]);
    for (const body of [shown.body, (await identity.manage('GET', '/tokens')).body]) {
      expect(body).not.toContain(password);
      expect(body).not.toMatch(/sha256|hash/i);
    }
  });

  it('keeps only a hash of a password in the database and nothing of it in the outbox', async () => {
    const name = await newToken();
    const generated = await identity.manage('POST', `/tokens/${name}/passwords`, { slot: 1 });
    const { password } = generated.json<{ password: string }>();
    const db = identity.app.get(Database);
    const rows = await db.query<{ row: string }>(
      `select t::text as row from token_password t union all select o::text from outbox o
       union all select u::text from user_account u`,
    );
    expect(rows.filter(({ row }) => row.includes(password) || row.includes(adminPassword))).toEqual([]);
  });

  it('refuses a password that has ended already, and a third slot', async () => {
    const name = await newToken();
    const past = { slot: 1, expiresAt: new Date(clock.read()).toISOString() };
    expect((await identity.manage('POST', `/tokens/${name}/passwords`, past)).statusCode).toBe(400);
    expect((await identity.manage('POST', `/tokens/${name}/passwords`, { slot: 3 })).statusCode).toBe(400);
    expect((await identity.manage('DELETE', `/tokens/${name}/passwords/3`)).statusCode).toBe(400);
    expect((await identity.manage('DELETE', `/tokens/${name}/passwords/1`)).statusCode).toBe(404);
  });

  it('patches some of a token and leaves the rest', async () => {
    const name = newName();
    const labels = { site: 'Berlin' };
    await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers', labels });
    const patched = await identity.manage('PATCH', `/tokens/${name}`, { status: 'disabled', scopeMap: 'writers' });
    expect([patched.statusCode, patched.json()]).toMatchObject([
      200,
      { status: 'disabled', scopeMap: 'writers', labels },
    ]);
    const cleared = await identity.manage('PATCH', `/tokens/${name}`, { labels: {} });
    expect(cleared.json()).toMatchObject({ status: 'disabled', scopeMap: 'writers', labels: {} });
  });

  it('deletes a token, whose name may come again as another one', async () => {
    const name = await newToken();
    const { id } = (await identity.manage('GET', `/tokens/${name}`)).json<TokenAnswer>();
    expect((await identity.manage('DELETE', `/tokens/${name}`)).statusCode).toBe(204);
    expect((await identity.manage('GET', `/tokens/${name}`)).statusCode).toBe(404);
    expect((await identity.manage('DELETE', `/tokens/${name}`)).statusCode).toBe(404);
    await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers' });
    expect((await identity.manage('GET', `/tokens/${name}`)).json<TokenAnswer>().id).not.toBe(id);
  });

  it('lists all tokens by pages, each once', async () => {
    const names = [await newToken(), await newToken(), await newToken()];
    const seen: string[] = [];
    for (let after = ''; ;) {
      const page = await identity.manage('GET', `/tokens?limit=2${after}`);
      const { items, next } = page.json<{ items: TokenAnswer[]; next: string | null }>();
      seen.push(...items.map(({ name }) => name));
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(names));
  });

  it('tells policy how many tokens have a scope map', async () => {
    const map = policy.setScopeMap('counted', ['repositories/samples/hello-world/content/read']);
    await identity.manage('PUT', `/tokens/${newName()}`, { scopeMap: 'counted' });
    expect((await identity.internal(`/internal/scope-maps/${map.id}/tokens`)).json()).toEqual({ count: 1 });
    expect((await identity.app.inject(`/internal/scope-maps/${map.id}/tokens`)).statusCode).toBe(404);
  });

  describe('of a caller with fewer rights', () => {
    async function giveAdmin(scope: RoleAssignmentDefinition['scope']) {
      policy.giveAdmin(scope);
      await identity.follow();
    }
    afterAll(() => giveAdmin({ kind: 'account' }));

    it('refuses to write tokens without the right, and enters that', async () => {
      await giveAdmin({ kind: 'repository', registryId: installation.registryId, pattern: 'samples/*' });
      const answer = await identity.manage('PUT', `/tokens/${newName()}`, { scopeMap: 'readers' });
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'no-role-assignment']);
      expect((await identity.entries()).at(-1)).toMatchObject({
        event: 'refused',
        outcome: 'refused',
        action: 'tokens/write',
        reason: 'no-role-assignment',
        actor: { id: `user:${installation.adminUserId}`, name: 'admin' },
      });
    });

    it('knows no registry of another name', async () => {
      await giveAdmin({ kind: 'account' });
      const headers = { authorization: `Bearer ${(await identity.logIn(`admin:${adminPassword}`)).json().token}` };
      const answer = await identity.app.inject({ url: '/api/v1/registries/other/tokens/token-1', headers });
      expect(answer.statusCode).toBe(404);
    });
  });

  it('wants a management token, and nothing else', async () => {
    const url = '/api/v1/registries/local/tokens/token-1';
    const name = await newToken();
    const generated = await identity.manage('POST', `/tokens/${name}/passwords`, { slot: 1 });
    const credential = `${name}:${generated.json<{ password: string }>().password}`;
    const access = await identity.askForToken([['service', 'localhost:5000']], credential);
    const headers = [
      {},
      { authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}` },
      { authorization: `Bearer ${access.json<{ token: string }>().token}` },
    ];
    for (const given of headers) expect((await identity.app.inject({ url, headers: given })).statusCode).toBe(401);
  });

  it('goes on with its own copy when policy is away, and says 503 where only policy would know', async () => {
    const other = await PolicyStandIn.start();
    const replica = await IdentityReplica.start({
      databaseUrl: identity.databaseUrl,
      policy: other,
      clock,
      environment: { BERTH_INSTANCE: 'identity-2' },
    });
    await other.stop();
    expect((await replica.manage('PUT', `/tokens/${newName()}`, { scopeMap: 'readers' })).statusCode).toBe(201);
    const unknown = await replica.manage('PUT', `/tokens/${newName()}`, { scopeMap: 'nowhere' });
    expect([unknown.statusCode, unknown.headers['retry-after']]).toEqual([503, '1']);
    const repositories = [{ name: 'a', actions: ['pull'] }];
    expect((await replica.manage('PUT', `/tokens/${newName()}`, { repositories })).statusCode).toBe(503);
    await replica.stop();
  });
});
