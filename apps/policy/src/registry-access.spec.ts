import { randomUUID } from 'node:crypto';
import { installation, type RegistryDefinition } from '@berth/contracts';
import { parseActionLine } from '@berth/access';
import { Database } from '@berth/persistence';
import { Spool } from '@berth/messaging';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPolicy, tokenOf, type PolicyUnderTest } from './policy.suite.js';
import { RegistryAccess } from './registry-access.js';
import { RegistryStore } from './registry.js';

let policy: PolicyUnderTest;
let db: Database;
let local: RegistryDefinition;

beforeAll(async () => {
  policy = await startPolicy();
  db = policy.app.get(Database);
  const found = await policy.app.get(RegistryStore).find(db, installation.accountId, 'local');
  if (found === null) throw new Error('no registry local');
  local = found;
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  await policy.stop();
});

const caller = { ref: '', name: 'ada', account: installation.accountId, groups: [] as string[], operator: false };
const fromNowhere = { token: '', address: '127.0.0.1', userAgent: undefined, traceId: undefined };

/** A user with the role Owner at a scope. */
async function owner(scope: object): Promise<string> {
  const ref = `user:${randomUUID()}`;
  await db.query(
    `insert into role_assignment (id, account, principal, role, scope, version, changed_at)
     values ($1, $2, $3, 'Owner', $4, 1, now())`,
    [randomUUID(), installation.accountId, ref, JSON.stringify(scope)],
  );
  return ref;
}

/** The entries that are spooled from now on. */
const spooled = () => vi.spyOn(policy.app.get(Spool), 'append').mock.calls;

describe('who may grant', () => {
  const teamOnly = { kind: 'repository', registryId: installation.registryId, pattern: 'team/*' };
  const lines = ['repositories/team/app/content/read', 'repositories/other/app/content/read'].map(parseActionLine);

  it('refuses to give what the caller does not hold, naming the first such line, and records it', async () => {
    const access = policy.app.get(RegistryAccess);
    const holder = await access.holderOf({ ...caller, ...fromNowhere, ref: await owner(teamOnly) });
    const decidedBy = { kind: 'role-assignment', id: 'x', version: 1 } as const;
    const by = { holder, registry: local, action: 'scopeMaps/write', resourceName: 'a-map', decidedBy } as const;
    const entries = spooled();
    await expect(access.requireHeld(by, lines)).rejects.toMatchObject({
      kind: 'denied',
      code: 'not-held',
      detail: { line: 'repositories/other/app/content/read' },
    });
    const asked = 'repositories/other/app/content/read';
    expect(entries).toMatchObject([
      [{ event: 'refused', reason: 'not-held', asked, target: { resourceName: 'a-map' } }],
    ]);
    await access.requireHeld(by, lines.slice(0, 1));
  });

  it('gives no management of the registry to the owner of some repositories', async () => {
    const token = tokenOf({ sub: (await owner(teamOnly)) as `user:${string}`, name: 'ada' });
    const path = '/api/v1/registries/local/scope-maps/team-map';
    const body = { actions: ['repositories/team/app/content/read'] };
    const entries = spooled();
    const answer = await policy.call({ method: 'PUT', path, body, token });
    expect(answer).toMatchObject({ status: 403, json: { code: 'no-role-assignment' } });
    expect(entries).toMatchObject([[{ event: 'refused', action: 'scopeMaps/write', outcome: 'refused' }]]);
  });

  it('counts what a group of the caller holds', async () => {
    const group = `group:${randomUUID()}`;
    await db.query(
      `insert into role_assignment (id, account, principal, role, scope, version, changed_at)
       values ($1, $2, $3, 'Owner', '{"kind":"account"}', 1, now())`,
      [randomUUID(), installation.accountId, group],
    );
    const token = tokenOf({ sub: `user:${randomUUID()}`, name: 'ada', groups: [group] });
    expect((await policy.call({ path: '/api/v1/registries/local', token })).status).toBe(200);
  });
});

describe('the registries', () => {
  it('are listed by name to those who may read them, page by page', async () => {
    await db.query(
      `insert into registry (id, account, name, region, resource_group, plan, version, changed_at)
       select gen_random_uuid(), $1, 'team-' || n, null, null, 'standard', 1, now() from generate_series(1, 3) n`,
      [installation.accountId],
    );
    const first = await policy.call({ path: '/api/v1/registries?limit=3' });
    expect(first).toMatchObject({
      status: 200,
      json: { items: [{ name: 'local' }, { name: 'team-1' }, { name: 'team-2' }] },
    });
    const second = await policy.call({ path: `/api/v1/registries?limit=3&after=${String(first.json['next'])}` });
    expect(second.json).toMatchObject({ items: [{ name: 'team-3' }], next: null });
  });

  it('are filtered to those that the caller may read', async () => {
    const [{ id } = { id: '' }] = await db.query<{ id: string }>(`select id from registry where name = 'team-3'`);
    const token = tokenOf({ sub: (await owner({ kind: 'registry', registryId: id })) as `user:${string}` });
    const answer = await policy.call({ path: '/api/v1/registries?limit=1', token });
    expect(answer.json).toMatchObject({ items: [{ name: 'team-3' }], next: null });
    expect((await policy.call({ path: '/api/v1/registries/local', token })).status).toBe(403);
  });

  it('are refused to who may read none', async () => {
    const token = tokenOf({ sub: `user:${randomUUID()}` });
    expect((await policy.call({ path: '/api/v1/registries', token })).status).toBe(403);
  });

  it.each(['?limit=0', '?limit=1001', '?after=%21', '?page=2'])('can not be asked with %s', async (query) => {
    expect((await policy.call({ path: `/api/v1/registries${query}` })).status).toBe(400);
  });
});

describe('callers', () => {
  it.each([
    ['without a token', null],
    ['with something else', 'not-a-token'],
    ['with an expired token', tokenOf({ iat: 1000, nbf: 1000, exp: 1060 })],
    ['with a token of another issuer', tokenOf({ iss: 'http://elsewhere' })],
  ])('%s get 401', async (_, token) => {
    expect((await policy.call({ path: '/api/v1/registries', token })).status).toBe(401);
  });
});

describe('other services', () => {
  it('read the changes and single definitions with the internal key', async () => {
    const changes = await policy.call({ path: '/internal/changes?after=0', isInternal: true, token: null });
    expect(changes).toMatchObject({ status: 200, json: { more: false } });
    const { changes: states } = changes.json as { changes: { key: string }[] };
    expect(states.map(({ key }) => key)).toEqual([
      `account:${installation.accountId}`,
      `registry:${installation.registryId}`,
      `role-assignment:${installation.ownerAssignmentId}`,
    ]);
    await policy.call({
      method: 'PUT',
      path: '/api/v1/registries/local/scope-maps/for-identity',
      body: { actions: ['repositories/a/content/read'] },
    });
    const path = `/internal/definitions/scope-map?registry=${installation.registryId}&name=for-identity`;
    expect(await policy.call({ path, isInternal: true, token: null })).toMatchObject({
      status: 200,
      json: { definition: { kind: 'scope-map', name: 'for-identity', status: 'active' } },
    });
    expect((await policy.call({ path: `${path}x`, isInternal: true, token: null })).status).toBe(404);
    const registry = await policy.call({ path: '/internal/definitions/registry?name=local', isInternal: true });
    expect(registry.json).toMatchObject({ definition: { id: installation.registryId } });
  });

  it.each(['/internal/changes?after=0', '/internal/definitions/registry?name=local'])(
    'only: %s is not there for anybody else, admin included',
    async (path) => {
      expect((await policy.call({ path })).status).toBe(404);
    },
  );
});
