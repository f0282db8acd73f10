import { installation } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordOf } from '../identity-stand-in.suite.js';
import { startPolicy, tokenOf, type PolicyUnderTest } from '../policy.suite.js';

const pull = 'repositories/team/app/content/read';
const push = 'repositories/team/app/content/write';

describe('POST /internal/registries/{r}/personal-scope-maps', () => {
  let policy: PolicyUnderTest;
  const ada = `user:${uuidv7()}`;
  const bob = `user:${uuidv7()}`;

  beforeAll(async () => {
    policy = await startPolicy();
    for (const principal of [ada, bob]) {
      policy.identity.principals.push(recordOf(principal));
      const body = { principal, role: 'AcrPull', scope: '/registries/local' };
      const given = await policy.call({ method: 'POST', path: '/api/v1/role-assignments', body });
      expect(given.status).toBe(201);
    }
  });
  afterAll(() => policy.stop());

  const make = (sub: string, actions: readonly string[], registry = 'local', acct?: string) =>
    policy.call({
      method: 'POST',
      path: `/internal/registries/${registry}/personal-scope-maps`,
      body: { actions },
      isInternal: true,
      token: tokenOf({ sub, name: 'ada', ...(acct === undefined ? {} : { acct }) }),
    });

  const scopeMap = (name: unknown) => policy.call({ path: `/api/v1/registries/local/scope-maps/${String(name)}` });

  it('makes one for somebody who holds the lines and may write no scope maps, and the same one again', async () => {
    const made = await make(ada, [pull]);
    expect([made.status, made.json]).toEqual([
      200,
      { name: expect.stringMatching(/^personal-[0-9a-f]{16}-[0-9a-f]{24}-scope-map$/) },
    ]);
    const shown = await scopeMap(made.json.name);
    expect([shown.status, shown.json]).toMatchObject([200, { actions: [pull], version: shown.json.version }]);
    expect((await make(ada, [pull, pull])).json).toEqual(made.json);
    expect((await scopeMap(made.json.name)).json.version).toBe(shown.json.version);
  });

  it('makes another one for other lines, and for somebody else', async () => {
    const names = await Promise.all([
      make(ada, [pull]),
      make(ada, [pull, 'repositories/team/app/metadata/read']),
      make(bob, [pull]),
    ]);
    expect(new Set(names.map(({ json }) => json.name)).size).toBe(3);
  });

  it('refuses a line that the caller does not hold, and stores nothing', async () => {
    const refused = await make(ada, [pull, push]);
    expect([refused.status, refused.json]).toMatchObject([403, { code: 'not-held' }]);
    expect((await make(ada, ['repositories/*/content/delete'])).status).toBe(403);
    expect((await make(`user:${uuidv7()}`, [pull])).status).toBe(403);
  });

  it('never changes a map that somebody else wrote', async () => {
    const { name } = (await make(bob, ['repositories/team/other/content/read'])).json;
    const path = `/api/v1/registries/local/scope-maps/${String(name)}`;
    await policy.call({ method: 'PATCH', path, body: { actions: [pull] } });
    const refused = await make(bob, ['repositories/team/other/content/read']);
    expect([refused.status, refused.json]).toMatchObject([409, { code: 'name-taken' }]);
    expect((await scopeMap(name)).json.actions).toEqual([pull]);
  });

  it('makes as many as 1,000 for one person, and no more than that', async () => {
    const carl = `user:${uuidv7()}`;
    await policy.call({
      method: 'POST',
      path: '/api/v1/role-assignments',
      body: { principal: carl, role: 'AcrPull', scope: '/registries/local' },
    });
    const { name } = (await make(carl, [pull])).json;
    const prefix = String(name).slice(0, 'personal-0123456789abcdef-'.length);
    await policy.app.get(Database).query(
      `insert into scope_map (id, account, registry_id, name, actions, version, created_at, changed_at)
       select gen_random_uuid(), $1, $2, $3 || n || '-scope-map', '{}', 1, now(), now() from generate_series(1, 998) as n`,
      [installation.accountId, installation.registryId, prefix],
    );
    expect((await make(carl, ['repositories/the/last/content/read'])).status).toBe(200);
    const refused = await make(carl, ['repositories/one/more/content/read']);
    expect([refused.status, refused.json]).toMatchObject([409, { code: 'too-many-scope-maps', max: 1000 }]);
    expect((await make(carl, [pull])).json).toEqual({ name });
    expect((await make(bob, ['repositories/one/more/content/read'])).status).toBe(200);
  });

  it.each([
    ['a line that is none', ['repositories/team/app/users/write']],
    ['no line', []],
    ['a prefix without its end', ['repositories/team*/content/read']],
  ])('refuses %s', async (_what, actions) => {
    expect((await make(ada, actions)).status).toBe(400);
  });

  it('D15 knows no registry of another account', async () => {
    expect((await make(ada, [pull], 'local', uuidv7())).status).toBe(404);
    expect((await make(ada, [pull], 'nowhere', installation.accountId)).status).toBe(404);
  });
});
