import { randomUUID } from 'node:crypto';
import { Outbox } from '@berth/messaging';
import { Database } from '@berth/persistence';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { AccountEnd } from './finish-deletion/account-end.js';
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

describe('DELETE of an account', () => {
  const remove = (name: string, token = operator) => grants.call('DELETE', `/accounts/${name}`, { token });
  const emptied = (accountId: string) =>
    policy.call({
      ...{ method: 'POST', path: '/internal/account-emptied', isInternal: true, token: null },
      body: { accountId },
    });
  const stateOf = async (name: string) => (await grants.call('GET', `/accounts/${name}`, { token: operator })).json;

  /** An account with its Owner, who may do everything in it. */
  async function account(name: string) {
    const owner = ownerRef();
    const id = String((await create({ name, owner, legacy: { regions: ['us-south'] } })).json['id']);
    return { id, owner, token: tokenOf({ sub: owner as `user:${string}`, acct: id }) };
  }

  it('shuts it at once, is told as a prohibition, and is a state until nobody is left in it', async () => {
    const { id, token } = await account('leaving');
    expect((await grants.call('GET', '/registries', { token })).status).toBe(200);
    for (let i = 0; i < 2; i += 1) expect((await remove('leaving')).status).toBe(202);
    expect(await stateOf('leaving')).toMatchObject({ name: 'leaving', status: 'deleting' });
    const listed = (await grants.call('GET', '/accounts', { token: operator })).json['items'];
    expect(listed).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'leaving', status: 'deleting' })]));
    expect(await grants.told('definition-changed', `prohibition:${id}`)).toMatchObject([
      { cause: 'deleting', scope: { kind: 'account' }, actions: null, account: id, status: 'active' },
    ]);
    expect((await grants.told('change-recorded', `account:${id}`)).at(-1)).toMatchObject({
      ...{ event: 'deleted', action: 'accounts/delete', target: { resourceName: 'leaving' } },
      outcome: 'allowed',
    });
    const put = await grants.call('PUT', '/registries/tooLate', { body: {}, token });
    expect(put).toMatchObject({ status: 403, json: { code: 'prohibited' } });
    expect((await grants.call('GET', '/registries', { token })).status).toBe(403);
    const late = ownerRef();
    policy.identity.principals = [recordOf(late, { account: id })];
    const appointed = await grants.call('PUT', `/accounts/leaving/owners/${late}`, { token: operator });
    expect(appointed).toMatchObject({ status: 409, json: { code: 'account-deleting' } });
  });

  it('ends all that policy holds of it, some at a time, and goes on after it broke off; its name is held back', async () => {
    const { id, token } = await account('ending');
    const role = {
      Name: 'Packer',
      Actions: ['Microsoft.ContainerRegistry/registries/pull/read'],
      AssignableScopes: ['/'],
    };
    expect((await grants.call('POST', '/role-definitions', { body: role, token })).status).toBe(201);
    const target = { serviceName: 'container-registry' };
    const subject = ownerRef();
    policy.identity.principals = [recordOf(subject, { account: id })];
    const body = { subject, roles: ['Reader'], target };
    expect((await grants.call('POST', '/access-policies', { body, token })).status).toBe(201);
    const db = policy.app.get(Database);
    await db.query(
      `insert into role_assignment (id, account, principal, role, scope, version, changed_at)
       select gen_random_uuid(), $1, 'user:' || n, 'Reader', '{"kind":"account"}', 1, now() from generate_series(1, 1200) n`,
      [id],
    );
    await remove('ending');
    const outbox = policy.app.get(Outbox);
    const first = outbox.publishAll.bind(outbox);
    const publish = vi.spyOn(outbox, 'publishAll').mockImplementationOnce(first);
    publish.mockRejectedValueOnce(new Error('killed'));
    expect((await emptied(id)).status).toBe(500);
    publish.mockRestore();
    expect(await stateOf('ending')).toMatchObject({ status: 'deleting' });
    for (let i = 0; i < 2; i += 1) expect((await emptied(id)).status).toBe(204);
    expect(await stateOf('ending')).toMatchObject({ code: 'unknown-account' });
    expect((await remove('ending')).status).toBe(404);
    const told = await db.query<{ data: { kind: string; status: string } }>(
      `select data from outbox where topic = 'policy.definition-changed.v1' and data->>'account' = $1 order by id`,
      [id],
    );
    const ended = told.map(({ data }) => data).filter(({ status }) => status === 'deleted');
    const counts = Object.groupBy(ended, ({ kind }) => kind);
    expect(Object.entries(counts).map(([kind, states]) => [kind, states?.length])).toEqual([
      ...[
        ['role-assignment', 1201],
        ['access-policy', 1],
        ['role-definition', 1],
        ['enforcement', 1],
      ],
      ...[
        ['account', 1],
        ['prohibition', 1],
      ],
    ]);
    expect(ended.at(-1)).toMatchObject({ kind: 'prohibition' });
    expect((await grants.told('change-recorded', `account:${id}`)).at(-1)).toMatchObject({
      ...{ event: 'deleted', actor: { id: null, name: 'policy' }, target: { resourceName: 'ending' } },
    });
    expect(await create({ name: 'ending' })).toMatchObject({ status: 409, json: { code: 'name-held-back' } });
  });

  it('ends in as many calls as it takes, none of which waits for another', async () => {
    const { id } = await account('lengthy');
    await remove('lengthy');
    const some = vi.spyOn(policy.app.get(AccountEnd), 'takeSome');
    for (let i = 0; i < 8; i += 1) some.mockResolvedValueOnce(true);
    for (const calls of [4, 8]) {
      expect((await emptied(id)).status).toBe(204);
      expect(some).toHaveBeenCalledTimes(calls);
    }
    await policy.app.get(Database).transaction(async (tx) => {
      await tx.query(`select id from account where id = $1 for update`, [id]);
      expect((await emptied(id)).status).toBe(204);
      expect(await stateOf('lengthy')).toMatchObject({ status: 'deleting' });
    });
    expect((await emptied(id)).status).toBe(204);
    expect(await stateOf('lengthy')).toMatchObject({ code: 'unknown-account' });
  });

  it('refuses while it has registries, with their number', async () => {
    const { token } = await account('lively');
    for (const name of ['livelyOne', 'livelyTwo']) await grants.call('PUT', `/registries/${name}`, { body: {}, token });
    expect(await remove('lively')).toMatchObject({ status: 409, json: { code: 'account-in-use', registries: 2 } });
    expect(await stateOf('lively')).toMatchObject({ status: 'active' });
  });

  it('refuses the first account, the own one, and everybody who is no operator', async () => {
    const { id, token } = await account('lasting');
    expect(await remove('default')).toMatchObject({ status: 409, json: { code: 'first-account' } });
    const own = tokenOf({ acct: id, operator: true });
    expect(await remove('lasting', own)).toMatchObject({ status: 409, json: { code: 'own-account' } });
    expect(await remove('lasting', token)).toMatchObject({ status: 403, json: { code: 'not-operator' } });
    expect((await remove('nobody')).status).toBe(404);
  });

  it('does nothing for an account that nobody deletes', async () => {
    const { id } = await account('staying');
    expect((await emptied(id)).status).toBe(204);
    expect(await stateOf('staying')).toMatchObject({ status: 'active' });
  });
});
