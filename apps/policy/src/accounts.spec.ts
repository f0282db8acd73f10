import { randomUUID } from 'node:crypto';
import { Database } from '@berth/persistence';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Grants } from './grants.suite.js';
import { recordOf } from './identity-stand-in.suite.js';
import { startPolicy, tokenOf, type PolicyUnderTest } from './policy.suite.js';

let policy: PolicyUnderTest;
let grants: Grants;
const operator = tokenOf({ operator: true });

beforeAll(async () => {
  policy = await startPolicy();
  grants = new Grants(policy);
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  await policy.stop();
});

const create = (body: object, token = operator) => grants.call('POST', '/accounts', { body, token });

async function assignmentsOf(principal: string): Promise<Record<string, unknown>[]> {
  const sql = `select data from outbox where topic = 'policy.definition-changed.v1' and data->>'principal' = $1`;
  const rows = await policy.app.get(Database).query<{ data: Record<string, unknown> }>(sql, [principal]);
  return rows.map(({ data }) => data);
}

const ownerRef = () => `user:${randomUUID()}`;

describe('accounts', () => {
  it('are made by platform operators, with an Owner who may do everything in it and nothing elsewhere', async () => {
    const owner = ownerRef();
    const made = await create({ name: 'acme', owner });
    expect(made).toMatchObject({ status: 201, json: { name: 'acme' } });
    const id = String(made.json['id']);
    const token = tokenOf({ sub: owner as `user:${string}`, acct: id, name: 'owner of acme' });
    expect((await grants.call('PUT', '/registries/acmeProd', { body: {}, token })).status).toBe(201);
    expect((await grants.call('GET', '/registries', { token })).json).toMatchObject({ items: [{ name: 'acmeProd' }] });
    expect((await grants.call('GET', '/registries/local', { token })).status).toBe(404);
    expect((await grants.call('GET', '/registries/acmeProd')).status).toBe(404);
  });

  it('are told: the account, its Owner, and the audit log', async () => {
    const owner = ownerRef();
    const { json } = await create({ name: 'told', owner });
    const key = `account:${String(json['id'])}`;
    expect(await grants.told('definition-changed', key)).toMatchObject([{ kind: 'account', name: 'told' }]);
    expect(await grants.told('change-recorded', key)).toMatchObject([
      { event: 'created', action: 'accounts/create', target: { resourceName: 'told' } },
    ]);
    const told = await assignmentsOf(owner);
    expect(told).toMatchObject([{ role: 'Owner', scope: { kind: 'account' }, account: json['id'], status: 'active' }]);
    expect(await grants.told('change-recorded', `role-assignment:${String(told[0]?.['id'])}`)).toMatchObject([
      { event: 'created', action: 'accounts/create', asked: `owner=${owner}` },
    ]);
  });

  it('get an Owner from an operator, one of their own users, once', async () => {
    const { json } = await create({ name: 'ownerless' });
    const account = String(json['id']);
    const [theirs, elsewhere] = [ownerRef(), ownerRef()];
    policy.identity.principals = [recordOf(theirs, { account }), recordOf(elsewhere)];
    const appoint = (owner: string, token = operator) =>
      grants.call('PUT', `/accounts/ownerless/owners/${owner}`, { token });
    expect(await appoint(elsewhere)).toMatchObject({ status: 404, json: { code: 'unknown-principal' } });
    for (let i = 0; i < 2; i += 1) expect((await appoint(theirs)).status).toBe(204);
    expect(await assignmentsOf(theirs)).toHaveLength(1);
    const token = tokenOf({ sub: theirs as `user:${string}`, acct: account });
    expect((await grants.call('GET', '/registries', { token })).status).toBe(200);
    expect((await appoint(theirs, token)).status).toBe(403);
    expect((await appoint('group:x')).status).toBe(400);
  });

  it('S4-07 begin without enforcement only as an import of a legacy account, region by region', async () => {
    const legacy = { regions: ['us-south', 'eu-de', 'us-south'] };
    const { json } = await create({ name: 'legacy', owner: ownerRef(), legacy });
    const told = await policy.app
      .get(Database)
      .query<{ data: object }>(
        `select data from outbox where data->>'kind' = 'enforcement' and data->>'account' = $1 order by id`,
        [json['id']],
      );
    expect(told.map(({ data }) => data)).toMatchObject([
      { region: 'us-south', isEnforced: false, status: 'active' },
      { region: 'eu-de', isEnforced: false, status: 'active' },
    ]);
  });

  it('have a name of their own', async () => {
    await create({ name: 'twice', owner: ownerRef() });
    expect(await create({ name: 'twice', owner: ownerRef() })).toMatchObject({
      status: 409,
      json: { code: 'name-taken' },
    });
  });

  it('are found and listed by name, page by page', async () => {
    const { json } = await create({ name: 'findable', owner: ownerRef() });
    const found = await grants.call('GET', '/accounts/findable', { token: operator });
    expect(found).toMatchObject({ status: 200, json });
    expect((await grants.call('GET', '/accounts/nobody', { token: operator })).status).toBe(404);
    const first = await grants.call('GET', '/accounts?limit=1', { token: operator });
    const rest = await grants.call('GET', `/accounts?after=${String(first.json['next'])}`, { token: operator });
    const names = [first, rest].flatMap((page) => (page.json['items'] as { name: string }[]).map(({ name }) => name));
    expect(names).toEqual([...names].toSorted());
    expect(names).toEqual(expect.arrayContaining(['default', 'findable']));
  });

  it('are nothing to anybody else, Owner of an account or not', async () => {
    const { token } = await grants.holderOf('Owner', '/');
    const entries = grants.refusals();
    for (const [method, path, body] of [
      ['POST', '/accounts', { name: 'mine', owner: ownerRef() }],
      ['GET', '/accounts/default', undefined],
      ['GET', '/accounts', undefined],
    ] as const) {
      const answer = await grants.call(method, path, { body, token });
      expect(answer, path).toMatchObject({ status: 403, json: { code: 'not-operator' } });
    }
    expect(entries.map(([entry]) => entry)).toMatchObject([
      { action: 'accounts/create', reason: 'not-operator' },
      { action: 'accounts/read', reason: 'not-operator' },
      { action: 'accounts/read', reason: 'not-operator' },
    ]);
  });

  it.each([
    ['a name that can not be one', { name: 'Acme Corp', owner: ownerRef() }],
    ['an owner without an id', { name: 'more', owner: 'user:admin' }],
    ['a group as owner', { name: 'grouped', owner: `group:${randomUUID()}` }],
    ['D16 a field that is not its', { name: 'more', owner: ownerRef(), operator: true }],
    ['legacy in no region', { name: 'more', owner: ownerRef(), legacy: { regions: [] } }],
  ])('refuses %s', async (_, body) => {
    expect((await create(body)).status).toBe(400);
  });
});
