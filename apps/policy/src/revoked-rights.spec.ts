import { installation } from '@berth/contracts';
import { Database, type Transaction } from '@berth/persistence';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GrantSource } from './grant-source.js';
import { Grants, somebody, type Somebody } from './grants.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

let policy: PolicyUnderTest;
let grants: Grants;
let db: Database;

const local = '/registries/local';
const pull = 'repositories/team/app/content/read';
const policyBody = { subject: 'user:1', roles: ['Reader'], target: { serviceName: 'container-registry' } };
const roleBody = (name: string) => ({ Name: name, Actions: ['content/read'], AssignableScopes: ['/'] });
/** Paths by ids that are known only once the things are made. */
const made = { assignment: '', policy: '' };

beforeAll(async () => {
  policy = await startPolicy();
  grants = new Grants(policy);
  db = policy.app.get(Database);
  made.assignment = String((await grants.assign('user:1', 'AcrPull', local)).json['id']);
  made.policy = String((await grants.call('POST', '/access-policies', { body: policyBody })).json['id']);
  await grants.call('POST', '/role-definitions', { body: roleBody('there') });
  await grants.call('PUT', `${local}/scope-maps/there-map`, { body: { actions: [pull] } });
  await grants.call('PUT', `${local}/namespaces/there`, { body: {} });
});

afterEach(() => {
  policy.identity.gate = null;
});

afterAll(async () => {
  await policy.stop();
});

/** How many changes somebody made, as the audit log has it. */
async function changesBy({ ref }: Somebody): Promise<number> {
  const sql = `select count(*) as count from outbox where data->'actor'->>'id' = $1`;
  return (await db.query<{ count: number }>(sql, [ref]))[0]?.count ?? 0;
}

async function waitingForLock(): Promise<number> {
  const rows = await db.query<{ count: number }>(
    `select count(*) as count from pg_locks
      where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows[0]?.count ?? 0;
}

/** The answer to a request that was let in before something changed, and decided after. */
async function answerAfter<Answer>(
  change: (tx: Transaction) => Promise<unknown>,
  request: () => Promise<Answer>,
): Promise<Answer> {
  const { answer } = await db.transaction(async (tx) => {
    await policy.app.get(GrantSource).lock(tx, installation.accountId);
    await change(tx);
    const pending = request();
    await vi.waitFor(async () => expect(await waitingForLock()).toBe(1), { timeout: 5000, interval: 20 });
    return { answer: pending };
  });
  return answer;
}

/** Takes a role of somebody's away, or all. */
const revoked =
  ({ ref }: Somebody, role: string | null = null) =>
  (tx: Transaction) =>
    tx.query(`delete from role_assignment where principal = $1 and ($2::text is null or role = $2)`, [ref, role]);

describe('a right that is revoked while identity is asked gives nothing any more', () => {
  it.each([
    ['role assignment', '/role-assignments', { principal: 'user:2', role: 'Owner', scope: '/' }],
    ['access policy', '/access-policies', { ...policyBody, subject: 'user:2' }],
  ])('no %s is made', async (_what, path, body) => {
    const owner = await grants.holderOf('Owner', '/');
    const listed = await grants.call('GET', `/role-assignments?principal=${owner.ref}`);
    const [own] = listed.json['items'] as { id: string }[];
    let open: () => void = () => undefined;
    policy.identity.gate = new Promise((resolve) => (open = resolve));
    const before = policy.identity.asked;
    const pending = grants.call('POST', path, { token: owner.token, body });
    await vi.waitFor(() => expect(policy.identity.asked).toBe(before + 1), { timeout: 5000, interval: 5 });
    policy.identity.gate = null;
    expect((await grants.call('DELETE', `/role-assignments/${String(own?.id)}`)).status).toBe(204);
    open();
    expect((await pending).status).toBe(403);
    expect(await changesBy(owner)).toBe(0);
  });
});

describe('a right that is revoked in the moment it is used gives nothing any more', () => {
  const cases: readonly [string, 'POST' | 'PUT' | 'PATCH' | 'DELETE', () => string, object?][] = [
    ['assigning a role', 'POST', () => '/role-assignments', { principal: 'user:2', role: 'Owner', scope: '/' }],
    ['taking a role away', 'DELETE', () => `/role-assignments/${made.assignment}`],
    ['creating an access policy', 'POST', () => '/access-policies', { ...policyBody, roles: ['Manager'] }],
    ['changing an access policy', 'PUT', () => `/access-policies/${made.policy}`, { ...policyBody, roles: ['Writer'] }],
    ['deleting an access policy', 'DELETE', () => `/access-policies/${made.policy}`],
    ['creating a role', 'POST', () => '/role-definitions', roleBody('new')],
    ['putting a role', 'PUT', () => '/role-definitions/newer', roleBody('newer')],
    ['changing a role', 'PATCH', () => '/role-definitions/there', { Actions: ['content/write'] }],
    ['deleting a role', 'DELETE', () => '/role-definitions/there'],
    ['allowing anonymous pull', 'PUT', () => `${local}/policies/anonymous-access`, { repositories: ['*'] }],
    ['deciding about contents', 'PUT', () => `${local}/policies/quarantine`, { enabled: true }],
    ['switching enforcement on', 'PUT', () => '/enforcement/eu-de', { enforced: true }],
    ['creating a scope map', 'PUT', () => `${local}/scope-maps/new-map`, { actions: [pull] }],
    [
      'changing a scope map',
      'PUT',
      () => `${local}/scope-maps/there-map`,
      { actions: ['repositories/*/content/read'] },
    ],
    ['changing part of a scope map', 'PATCH', () => `${local}/scope-maps/there-map`, { description: 'x' }],
    ['deleting a scope map', 'DELETE', () => `${local}/scope-maps/there-map`],
    ['creating a registry', 'PUT', () => '/registries/newOne', {}],
    ['moving a registry', 'PATCH', () => local, { resourceGroup: 'elsewhere' }],
    ['making a namespace known', 'PUT', () => `${local}/namespaces/new`, {}],
    ['moving a namespace', 'PUT', () => `${local}/namespaces/there`, { resourceGroup: 'elsewhere' }],
  ];

  it.each(cases)('%s', async (_what, method, path, body) => {
    const owner = await grants.holderOf('Owner', '/');
    const answer = await answerAfter(revoked(owner), () => {
      return grants.call(method, path(), { token: owner.token, ...(body === undefined ? {} : { body }) });
    });
    expect(answer.status).toBe(403);
    expect(await changesBy(owner)).toBe(0);
  });

  it('making a personal scope map', async () => {
    const owner = await grants.holderOf('Owner', '/');
    const path = '/internal/registries/local/personal-scope-maps';
    const request = { method: 'POST', path, token: owner.token, isInternal: true, body: { actions: [pull] } } as const;
    const answer = await answerAfter(revoked(owner), () => policy.call(request));
    expect(answer).toMatchObject({ status: 403, json: { code: 'not-held' } });
    expect(await changesBy(owner)).toBe(0);
  });

  it('writing a scope map of what the caller held', async () => {
    const body = { Name: 'maps only', Actions: ['scopeMaps/write', 'scopeMaps/read'], AssignableScopes: ['/'] };
    await grants.call('POST', '/role-definitions', { body });
    for (const [method, name] of [
      ['PUT', 'new-map'],
      ['PATCH', 'there-map'],
    ] as const) {
      const writer = await grants.holderOf('maps only', local);
      await grants.assign(writer.ref, 'AcrPull', local);
      const rest = { token: writer.token, body: { actions: [pull] } };
      const write = () => grants.call(method, `${local}/scope-maps/${name}`, rest);
      const answer = await answerAfter(revoked(writer, 'AcrPull'), write);
      expect(answer, method).toMatchObject({ status: 403, json: { code: 'not-held', line: pull } });
      expect(await changesBy(writer)).toBe(0);
    }
  });

  it.each([
    ['registry', 'PATCH', local],
    ['namespace', 'PUT', `${local}/namespaces/there`],
    ['new namespace', 'PUT', `${local}/namespaces/moved`],
  ] as const)('moving a %s where others gain since what the caller lacks', async (_what, method, path) => {
    const owner = await grants.holderOf('Owner', '/');
    const scanner = somebody();
    const giveRole = (tx: Transaction) =>
      tx.query(
        `insert into role_assignment (id, account, principal, role, scope, version, changed_at)
         values (gen_random_uuid(), $1, $2, 'AcrQuarantineReader', $3, 1, now())`,
        [installation.accountId, scanner.ref, JSON.stringify({ kind: 'resource-group', resourceGroup: 'scanned' })],
      );
    const rest = { token: owner.token, body: { resourceGroup: 'scanned' } };
    const answer = await answerAfter(giveRole, () => grants.call(method, path, rest));
    expect(answer).toMatchObject({ status: 403, json: { code: 'not-held', action: 'quarantine/read' } });
    await db.query(`delete from role_assignment where principal = $1`, [scanner.ref]);
  });

  it('but it gives all the same what the caller holds otherwise', async () => {
    const group = 'group:still-owners';
    await grants.assign(group, 'Owner', local);
    const owner = somebody('user', { groups: [group] });
    await grants.assign(owner.ref, 'Owner', '/');
    const body = { actions: [pull] };
    const put = () => grants.call('PUT', `${local}/scope-maps/other-map`, { token: owner.token, body });
    expect((await answerAfter(revoked(owner), put)).status).toBe(201);
  });
});
