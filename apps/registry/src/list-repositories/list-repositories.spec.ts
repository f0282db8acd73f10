import { installation, type ManagementClaims, type RoleAssignmentDefinition } from '@berth/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { pushBlob } from '../sample-content.suite.js';

const { accountId: account, registryId } = installation;
const changedAt = '2026-01-01T00:00:00.000Z';
const common = { account, version: 1, status: 'active', changedAt } as const;
const path = '/api/v1/registries/local/repositories';
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  const settings = { BERTH_ENFORCEMENT_MANDATORY_FROM: Date.parse('2099-01-01T00:00:00Z') };
  registry = await TestRegistry.start(place, { settings });
  for (const name of ['alpha', 'team', 'team/app']) await pushBlob(registry, name, Buffer.from(name));
  await registry.define({
    ...{ kind: 'registry', id: registryId, ...common, version: 2, name: 'local', plan: 'standard' },
    ...{ region: 'eu-de', resourceGroup: null },
  });
  const id = '01900000-0000-7000-8000-00000000aaae';
  await registry.define({ kind: 'enforcement', id, ...common, region: 'eu-de', isEnforced: false });
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

function assign(assignment: Partial<RoleAssignmentDefinition>): Promise<void> {
  const id = '01900000-0000-7000-8000-00000000aaaf';
  return registry.define({
    ...{ kind: 'role-assignment', id, ...common, principal: 'user:ada', role: 'AcrPull' },
    scope: { kind: 'namespace', registryId, namespace: 'team' },
    ...assignment,
  });
}

const ask = (query = '', changes: Partial<ManagementClaims> = {}) =>
  registry.ask('GET', `${path}${query}`, { token: place.identity.managementToken(changes) });
const seen = async (query?: string, changes?: Partial<ManagementClaims>) =>
  ((await (await ask(query, changes)).json()) as { items: { name: string }[] }).items.map(({ name }) => name);

describe('GET /api/v1/registries/{r}/repositories', () => {
  it('shows of a registry what the caller may see, and to who sees nothing an empty list', async () => {
    expect(await seen()).toEqual([]);
    await assign({});
    expect(await seen()).toEqual(['team', 'team/app']);
    await assign({ version: 2, condition: { repositories: ['team/*'] } });
    expect(await seen()).toEqual(['team/app']);
    await assign({ version: 3, principal: 'group:team', scope: { kind: 'account' } });
    expect([await seen(), await seen('', { groups: ['group:team'] })]).toEqual([[], ['alpha', 'team', 'team/app']]);
  });

  it('S4 shows everything in a region without enforcement to users that the import brought, and to nobody else', async () => {
    const changes = { sub: 'user:old', ver: { 'user:old': 1 } };
    expect(await seen('', { ...changes, imported: true })).toEqual(['alpha', 'team', 'team/app']);
    expect(await seen('', changes)).toEqual([]);
    expect(await seen('', { sub: 'service:old', ver: { 'service:old': 1 }, imported: true })).toEqual([]);
  });

  it.each([
    '?q=name=~a',
    '?sort=name;drop table',
    '?filter[name][startsWith]=a',
    "?limit='1",
    '?limit=$1',
    '?after=%27',
  ])('D17 D18 refuses %s', async (query) => {
    expect((await ask(query)).status).toBe(400);
  });

  it('D15 knows no registry of another account, and says so to who would see it', async () => {
    const elsewhere = { acct: registryId };
    const answers = ['', '/api/v1/registries/nowhere/repositories'].map(async (address) => {
      const answer = await registry.ask('GET', address || path, { token: place.identity.managementToken(elsewhere) });
      return [answer.status, await answer.json()];
    });
    expect(await Promise.all(answers)).toEqual(Array(2).fill([200, { items: [], next: null }]));
    const id = '01900000-0000-7000-8000-00000000aab0';
    await assign({ id, account: registryId, principal: 'user:bob', role: 'AcrPull', scope: { kind: 'account' } });
    expect((await ask('', { ...elsewhere, sub: 'user:bob', ver: { 'user:bob': 1 } })).status).toBe(404);
  });
});

describe('D15 a repository of a registry that is not the caller`s to know of', () => {
  it.each(['GET', 'DELETE'] as const)(
    '%s is refused alike, whether there is such a registry or not',
    async (method) => {
      const properties = { region: null, resourceGroup: null, plan: 'standard' } as const;
      for (const [at, name, owner] of [
        [1, 'unheld', account],
        [2, 'elsewhere', registryId],
      ] as const) {
        const id = `01900000-0000-7000-8000-00000000bbb${at}`;
        await registry.define({ kind: 'registry', id, ...common, account: owner, name, ...properties });
      }
      const token = place.identity.managementToken({ sub: 'user:eve', ver: { 'user:eve': 1 } });
      for (const repository of ['team%2Fapp', 'Not..One']) {
        const answers = ['unheld', 'elsewhere', 'nowhere'].map(async (name) => {
          const answer = await registry.ask(method, `/api/v1/registries/${name}/repositories/${repository}`, { token });
          const { code, detail } = (await answer.json()) as Record<string, string>;
          return { status: answer.status, code, detail };
        });
        const [unheld, ...others] = await Promise.all(answers);
        expect(unheld).toMatchObject({ status: 403, code: 'no-role-assignment' });
        expect(others).toEqual([unheld, unheld]);
      }
    },
  );

  it('is 404 to who may do it in all of the account', async () => {
    const id = '01900000-0000-7000-8000-00000000aab1';
    await assign({ id, principal: 'user:carl', role: 'AcrPull', scope: { kind: 'account' } });
    const token = place.identity.managementToken({ sub: 'user:carl', ver: { 'user:carl': 1 } });
    const answer = await registry.ask('GET', '/api/v1/registries/nowhere/repositories/team', { token });
    expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'unknown-registry' }]);
  });
});
