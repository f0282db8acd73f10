import {
  installation,
  principalsAnswer,
  scopeMapHoldersAnswer,
  type RoleAssignmentDefinition,
  type RoleDefinitionDefinition,
} from '@berth/contracts';
import { Database } from '@berth/persistence';
import { deriveDevicePassword } from '@berth/tokens';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, type Method } from './identity-app.suite.js';
import { active, IdentityPlace } from './identity-place.suite.js';
import type { TokenAnswer } from './token-answer.js';

const { registryId } = installation;
const password = 'correct horse battery';
const pullMap = '_repositories_pull';
const idOf = (name: string) => `${registryId}/${name}`;
const anything = 'repository:some/where/new:pull,push,delete,metadata_read,metadata_write';

describe('tokens and fleets with a system scope map', () => {
  let place: IdentityPlace;
  const newName = () => `system-${uuidv7().slice(-12)}`;
  const manage = (...request: Parameters<typeof place.identity.manage>) => place.identity.manage(...request);

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) => {
      policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']);
    });
  });
  afterAll(() => place.stop());

  async function newToken(scopeMap: string): Promise<{ name: string; id: string; credential: string }> {
    const name = newName();
    const made = await manage('PUT', `/tokens/${name}`, { scopeMap });
    expect([made.statusCode, made.json()]).toMatchObject([201, { scopeMap }]);
    const secret = (await manage('POST', `/tokens/${name}/passwords`, { slot: 1 })).json<{ password: string }>();
    return { name, id: made.json<TokenAnswer>().id, credential: `${name}:${secret.password}` };
  }
  const shown = async (name: string) => (await manage('GET', `/tokens/${name}`)).json<TokenAnswer>().scopeMap;
  const listed = async (scopeMap: string) =>
    (await manage('GET', `/tokens?limit=1000&scopeMap=${scopeMap}`)).json<{ items: TokenAnswer[] }>().items;

  it.each([
    [pullMap, ['pull']],
    ['_repositories_push', ['pull', 'push']],
    ['_repositories_admin', ['pull', 'push', 'delete', 'metadata_read', 'metadata_write']],
    ['_repositories_pull_metadata_read', ['pull', 'metadata_read']],
    ['_repositories_push_metadata_write', ['pull', 'push', 'metadata_read', 'metadata_write']],
  ])('S0-11 S1-13 gives %s in every repository of the registry', async (scopeMap, actions) => {
    const { name, credential } = await newToken(scopeMap);
    const { access, ver } = await place.claimsOf(credential, anything);
    expect(access).toEqual([expect.objectContaining({ name: 'some/where/new', actions: expect.anything() })]);
    expect([...(access[0]?.actions ?? [])].sort()).toEqual([...actions].sort());
    expect(ver).toMatchObject({ [`scope-map:${idOf(scopeMap)}`]: 1 });
    expect([await shown(name), (await listed(scopeMap)).map((token) => token.name)]).toEqual([scopeMap, [name]]);
  });

  it('says in a token for the catalog by which system map it is decided', async () => {
    const scopeMap = '_repositories_pull_metadata_read';
    const { credential } = await newToken(scopeMap);
    expect(await place.claimsOf(credential, 'registry:catalog:*')).toMatchObject({ scopeMap: idOf(scopeMap) });
  });

  it('S0-13 goes from a system map to another and back, and what was issued before ends', async () => {
    const { name, credential } = await newToken(pullMap);
    const before = await place.claimsOf(credential, anything);
    expect((await manage('PATCH', `/tokens/${name}`, { scopeMap: 'readers' })).json()).toMatchObject({
      scopeMap: 'readers',
    });
    expect(await place.refusedBy(before)).toMatch(/^token:/);
    expect((await place.claimsOf(credential, anything)).access).toEqual([]);
    expect((await manage('PUT', `/tokens/${name}`, { scopeMap: pullMap })).json()).toMatchObject({ scopeMap: pullMap });
    expect((await place.claimsOf(credential, anything)).access[0]?.actions).toEqual(['pull']);
  });

  it('tells policy how many and who have a system map, and by what a token is decided', async () => {
    const { id, name } = await newToken('_repositories_push');
    const path = `/internal/scope-maps/${encodeURIComponent(idOf('_repositories_push'))}`;
    const { count } = (await place.identity.internal(`${path}/tokens`)).json<{ count: number }>();
    const { items } = scopeMapHoldersAnswer.parse((await place.identity.internal(`${path}/holders`)).json());
    expect([count, items.map((holder) => holder.name)]).toEqual([items.length, expect.arrayContaining([name])]);
    const request = { principals: [`token:${id}`] };
    const { principals } = principalsAnswer.parse(
      (await place.identity.internal('/internal/principals', request)).json(),
    );
    expect(principals).toMatchObject([{ scopeMapId: idOf('_repositories_push') }]);
  });

  it.each([`${registryId}/_repositories_fly`, `${registryId}/a/${pullMap}`, `x/${pullMap}`, 'readers'])(
    'has no holders of %s to tell of',
    async (id) => {
      const path = `/internal/scope-maps/${encodeURIComponent(id)}`;
      expect((await place.identity.internal(`${path}/holders`)).statusCode).toBe(400);
      expect((await place.identity.internal(`${path}/tokens`)).statusCode).toBe(400);
    },
  );

  it.each(['_repositories_fly', `a/${pullMap}`, idOf(pullMap)])('knows no system map %s', async (scopeMap) => {
    const answer = await manage('PUT', `/tokens/${newName()}`, { scopeMap });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([400, 'unknown-scope-map']);
  });

  it('disables the tokens of a system map, and of no other', async () => {
    const [mine, other] = [await newToken('_repositories_admin'), await newToken(pullMap)];
    const answer = await manage('POST', '/tokens:revoke', { scopeMap: '_repositories_admin' });
    expect([answer.statusCode, answer.json<{ more: boolean }>().more]).toEqual([200, false]);
    const statuses = [mine, other].map(async ({ name }) => (await manage('GET', `/tokens/${name}`)).json().status);
    expect(await Promise.all(statuses)).toEqual(['disabled', 'enabled']);
  });

  it('imports tokens with a system map, again and anew', async () => {
    const names = [newName(), newName()];
    const lines = (scopeMap: string) => names.map((name) => `${JSON.stringify({ name, scopeMap })}\n`).join('');
    const { token } = (await place.identity.logIn(`admin:${adminPassword}`)).json<{ token: string }>();
    for (const scopeMap of [pullMap, 'readers', '_repositories_push']) {
      const answer = await place.identity.app.inject({
        method: 'POST',
        url: '/api/v1/registries/local/tokens:import?id=system-import',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
        payload: lines(scopeMap),
      });
      expect([answer.statusCode, answer.body]).toEqual([200, expect.not.stringContaining('error')]);
      expect(await Promise.all(names.map(shown))).toEqual([scopeMap, scopeMap]);
    }
  });

  it('lets the devices of a fleet with a system map in', async () => {
    const name = newName();
    const made = await manage('PUT', `/fleets/${name}`, { scopeMap: pullMap });
    expect([made.statusCode, made.json()]).toMatchObject([201, { scopeMap: pullMap }]);
    const answer = await manage('POST', `/fleets/${name}/keys`);
    const { key, id: keyId, fleetId } = answer.json<{ key: string; id: string; fleetId: string }>();
    const derived = deriveDevicePassword(key, { registryId, fleetId, keyId, deviceId: 'one' });
    const held = await place.claimsOf(`${name}/one:${derived}`, anything);
    expect([held.access[0]?.actions, held.ver[`scope-map:${idOf(pullMap)}`]]).toEqual([['pull'], 1]);
    await manage('PUT', `/fleets/${name}`, { scopeMap: 'readers' });
    expect(await place.refusedBy(held)).toMatch(/^fleet:/);
    expect((await manage('GET', `/fleets/${name}`)).json()).toMatchObject({ scopeMap: 'readers' });
  });

  /** A person who may write tokens and fleets, and holds the repositories of `samples` alone. */
  async function newWriter(): Promise<string> {
    const name = newName();
    const { id } = (await place.call('POST', '/users', { name, password })).json<{ id: string }>();
    const common = { account: installation.accountId, ...active };
    const role = place.policy.set<RoleDefinitionDefinition>({
      ...{ kind: 'role-definition', id: uuidv7(), ...common, name: 'token writer', description: null },
      ...{ actions: ['tokens/write', 'fleets/write'], notActions: [], dataActions: [], notDataActions: [] },
      assignableScopes: [{ kind: 'account' }],
    });
    place.policy.set<RoleAssignmentDefinition>({
      ...{ kind: 'role-assignment', id: uuidv7(), ...common, principal: `user:${id}`, role: 'Owner' },
      scope: { kind: 'repository', registryId, pattern: 'samples/*' },
    });
    await place.give(`user:${id}`, role.id);
    return `${name}:${password}`;
  }

  it('S1-02 is for nobody to give who holds less than all repositories', async () => {
    const there = await newToken(pullMap);
    const writer = await newWriter();
    const call = (method: Method, path: string, body: object) =>
      place.identity.callAs(writer, [method, `/registries/local${path}`], body);
    const own = newName();
    expect((await call('PUT', `/tokens/${own}`, { scopeMap: 'readers' })).statusCode).toBe(201);
    const answers = [
      await call('PUT', `/tokens/${newName()}`, { scopeMap: pullMap }),
      await call('PATCH', `/tokens/${own}`, { scopeMap: pullMap }),
      await call('POST', `/tokens/${there.name}/passwords`, { slot: 2 }),
      await call('PUT', `/fleets/${newName()}`, { scopeMap: pullMap }),
    ];
    const said = answers.map((answer) => [answer.statusCode, answer.json<{ code: string }>().code]);
    expect(said).toEqual(answers.map(() => [403, 'not-held']));
  });

  it('takes what code that knows no system maps wrote: the scope map that it set counts', async () => {
    const { name } = await newToken(pullMap);
    const readers = place.policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']);
    await place.identity.follow();
    await place.identity.app
      .get(Database)
      .query(`update token set scope_map_id = $1 where name = $2`, [readers.id, name]);
    expect([await shown(name), (await listed(pullMap)).map((token) => token.name)]).toEqual([
      'readers',
      expect.not.arrayContaining([name]),
    ]);
  });
});
