import { installation } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Grants, somebody } from './grants.suite.js';
import { startPolicy, tokenOf, type PolicyUnderTest } from './policy.suite.js';

let policy: PolicyUnderTest;
let db: Database;
let grants: Grants;

beforeAll(async () => {
  policy = await startPolicy();
  db = policy.app.get(Database);
  grants = new Grants(policy);
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  await policy.stop();
});

const put = (name: string, body: object = {}, token?: string) =>
  grants.call('PUT', `/registries/${name}`, token === undefined ? { body } : { body, token });

const patch = (name: string, body: object, token?: string) =>
  grants.call('PATCH', `/registries/${name}`, token === undefined ? { body } : { body, token });

const emptied = (body: object) =>
  policy.call({ method: 'POST', path: '/internal/registry-emptied', body, isInternal: true, token: null });

const idOf = ({ json }: { json: Record<string, unknown> }) => String(json['id']);

describe('PUT of a registry', () => {
  it('S2-11 S3-20 makes one, tells its definition and the audit log, and finds it again', async () => {
    const made = await put('plantA', { name: 'plantA', region: 'eu-de', resourceGroup: 'plants' });
    const properties = { name: 'plantA', region: 'eu-de', resourceGroup: 'plants', plan: 'standard', status: 'active' };
    expect(made).toMatchObject({ status: 201, json: properties });
    const key = `registry:${idOf(made)}`;
    expect(await grants.told('definition-changed', key)).toMatchObject([{ status: 'active', name: 'plantA' }]);
    expect(await grants.told('change-recorded', key)).toMatchObject([
      { event: 'created', action: 'registries/create', target: { registryId: idOf(made), resourceName: 'plantA' } },
    ]);
    expect(await grants.call('GET', '/registries/plantA')).toMatchObject({ status: 200, json: made.json });
  });

  it('twice changes nothing more; what is left out stays', async () => {
    const first = await put('plantB', { region: 'eu-de', plan: 'premium' });
    const second = await put('plantB', { region: 'eu-de' });
    expect(second).toMatchObject({ status: 200, json: first.json });
    expect(await grants.told('definition-changed', `registry:${idOf(first)}`)).toHaveLength(1);
  });

  it('by eight callers at once makes one', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => put('contended')));
    expect(made.map(({ status }) => status).toSorted()).toEqual([...Array<number>(7).fill(200), 201]);
    expect(new Set(made.map(idOf)).size).toBe(1);
  });

  it.each(['abcd', 'a'.repeat(51), 'with-dash', 'with.dot', 'plänt', 'a%2Fbcde', '%00abcde', 'plant%20A'])(
    'B8 B9 refuses the name %s',
    async (name) => {
      expect(await put(name)).toMatchObject({ status: 400, json: { code: 'malformed-request' } });
    },
  );

  it.each([
    ['another name than the address', { name: 'plantY' }],
    ['D16 a field that is not its', { account: installation.accountId }],
    ['a plan that is none', { plan: 'gold' }],
    ['a region that can not be one', { region: 'EU de' }],
    ['a resource group that can not be one', { resourceGroup: 'a/b' }],
  ])('refuses %s', async (_, body) => {
    expect((await put('plantX', body)).status).toBe(400);
  });

  it('D15 a name of another account is taken, in whatever case, and the registry stays its own', async () => {
    await put('oursAlone');
    const stranger = await grants.stranger();
    for (const name of ['oursAlone', 'OURSALONE']) {
      expect(await put(name, {}, stranger.token)).toMatchObject({ status: 409, json: { code: 'name-taken' } });
    }
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      const body = method === 'PATCH' ? { plan: 'basic' } : undefined;
      const answer = await grants.call(method, '/registries/oursAlone', { body, token: stranger.token });
      expect(answer, method).toMatchObject({ status: 404, json: { code: 'unknown-registry' } });
    }
    expect(await grants.call('GET', '/registries/oursAlone')).toMatchObject({
      status: 200,
      json: { plan: 'standard' },
    });
  });

  it('S2-06 S2-08 is for who may create registries there, not for who pushes or reads', async () => {
    for (const role of ['AcrPush', 'AcrPull', 'Reader']) {
      const { token } = await grants.holderOf(role, '/');
      expect((await put('notMine', {}, token)).status, role).toBe(403);
    }
    const { token } = await grants.holderOf('Contributor', '/resource-groups/labs');
    expect((await put('labOne', { resourceGroup: 'labs' }, token)).status).toBe(201);
    expect((await put('labTwo', { resourceGroup: 'plants' }, token)).status).toBe(403);
    expect((await put('labTwo', {}, token)).status).toBe(403);
  });
});

describe('PATCH of a registry', () => {
  it('S4-OP12 changes the plan for who may set plans, and nothing else for them', async () => {
    await put('planned');
    const manager = somebody();
    const target = { serviceName: 'container-registry' };
    await grants.call('POST', '/access-policies', { body: { subject: manager.ref, roles: ['Manager'], target } });
    expect(await patch('planned', { plan: 'premium' }, manager.token)).toMatchObject({
      status: 200,
      json: { plan: 'premium' },
    });
    expect((await patch('planned', { region: 'eu-de' }, manager.token)).status).toBe(403);
    expect((await patch('planned', { plan: 'basic', region: 'eu-de' }, manager.token)).status).toBe(403);
  });

  it('who may grant: moves it into a resource group only with all that others gain there', async () => {
    await put('mover');
    await grants.holderOf('AcrQuarantineReader', '/resource-groups/quarantined');
    const owner = await grants.holderOf('Owner', '/registries/mover');
    const entries = grants.refusals();
    expect(await patch('mover', { resourceGroup: 'quarantined' }, owner.token)).toMatchObject({
      status: 403,
      json: { code: 'not-held', action: 'quarantine/read' },
    });
    expect(entries).toMatchObject([[{ reason: 'not-held', asked: 'quarantine/read', action: 'registries/write' }]]);
    await grants.assign(owner.ref, 'AcrQuarantineReader', '/registries/mover');
    const moved = await patch('mover', { resourceGroup: 'quarantined' }, owner.token);
    expect(moved).toMatchObject({ status: 200, json: { resourceGroup: 'quarantined' } });
  });

  it('who may grant: moves it into a region only with all that policies give there', async () => {
    await put('regional', { region: 'us-south' });
    const target = { serviceName: 'container-registry', region: 'eu-gb' };
    const subject = somebody().ref;
    await grants.call('POST', '/access-policies', { body: { subject, roles: ['Manager'], target } });
    const { token } = await grants.holderOf('Contributor', '/registries/regional');
    const refused = await patch('regional', { region: 'eu-gb' }, token);
    expect(refused).toMatchObject({ status: 403, json: { code: 'not-held' } });
    expect((await patch('regional', { region: 'eu-gb' })).status).toBe(403);
    expect((await patch('regional', { region: 'jp-tok' }, token)).status).toBe(200);
  });

  it.each(['nowhere', '%00'])('answers %s as it should', async (name) => {
    expect((await patch(name, { plan: 'basic' })).status).toBe(name === '%00' ? 400 : 404);
  });
});

describe('DELETE of a registry', () => {
  const map = (registry: string) => `/registries/${registry}/scope-maps/readers`;
  const actions = ['repositories/samples/*/content/read'];

  it('is a state: everything is refused at once, until it is empty and gone', async () => {
    const made = await put('leaving');
    await grants.call('PUT', map('leaving'), { body: { actions } });
    const assigned = await grants.assign(somebody().ref, 'AcrPull', '/registries/leaving');
    await grants.call('PUT', '/registries/leaving/namespaces/samples', { body: {} });
    const id = idOf(made);
    expect((await grants.call('DELETE', '/registries/leaving')).status).toBe(202);
    expect(await grants.told('definition-changed', `prohibition:${id}`)).toMatchObject([
      {
        status: 'active',
        cause: 'deleting',
        scope: { kind: 'registry', registryId: id },
        actions: null,
        exceptFrom: [],
      },
    ]);
    const during = await grants.call('PUT', map('leaving'), { body: { actions } });
    expect(during).toMatchObject({ status: 403, json: { code: 'prohibited' } });
    expect(await grants.call('GET', '/registries/leaving')).toMatchObject({
      status: 200,
      json: { status: 'deleting' },
    });
    expect((await grants.call('DELETE', '/registries/leaving')).status).toBe(202);
    expect((await emptied({ registryId: id })).status).toBe(204);
    expect((await grants.call('GET', '/registries/leaving')).status).toBe(404);
    expect((await grants.told('definition-changed', `registry:${id}`)).at(-1)).toMatchObject({ status: 'deleted' });
    const ofAssignment = await grants.told('definition-changed', `role-assignment:${idOf(assigned)}`);
    expect(ofAssignment.map(({ status }) => status)).toEqual(['active', 'deleted']);
    expect((await grants.told('change-recorded', `registry:${id}`)).map(({ event }) => event)).toEqual([
      'created',
      'deleted',
      'deleted',
    ]);
    expect(await db.query(`select id from namespace where registry_id = $1`, [id])).toEqual([]);
  });

  it('tells the end before it lifts the prohibition, once however often it is asked', async () => {
    const id = idOf(await put('goneSoon'));
    await grants.call('DELETE', '/registries/goneSoon');
    for (let i = 0; i < 3; i += 1) expect((await emptied({ registryId: id })).status).toBe(204);
    const told = await db.query<{ key: string }>(
      `select key from outbox where topic = 'policy.definition-changed.v1' and key like '%' || $1 order by change`,
      [id],
    );
    expect(told.map(({ key }) => key.split(':')[0])).toEqual(['registry', 'prohibition', 'registry', 'prohibition']);
    expect((await grants.told('definition-changed', `prohibition:${id}`)).at(-1)).toMatchObject({ status: 'deleted' });
  });

  it('A21 holds the name back, in whatever case; a later registry of that name is another', async () => {
    const first = await put('heldBack');
    await grants.call('DELETE', '/registries/heldBack');
    expect(await put('HeldBack')).toMatchObject({ status: 409, json: { code: 'name-taken' } });
    await emptied({ registryId: idOf(first) });
    const held = await put('HeldBack');
    expect(held).toMatchObject({ status: 409, json: { code: 'name-held-back' } });
    const days = (Date.parse(String(held.json['heldUntil'])) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);
    expect((await grants.call('GET', '/registries/HeldBack')).status).toBe(404);
    await db.query(`update held_registry_name set held_until = now() where folded_name = 'heldback'`);
    const second = await put('heldBack');
    expect(second.status).toBe(201);
    expect(idOf(second)).not.toBe(idOf(first));
  });

  it('needs registries/delete, and nothing goes that nobody deletes', async () => {
    const id = idOf(await put('staying'));
    const { token } = await grants.holderOf('AcrDelete', '/registries/staying');
    expect((await grants.call('DELETE', '/registries/staying', { token })).status).toBe(403);
    expect((await emptied({ registryId: id })).status).toBe(204);
    expect((await grants.call('GET', '/registries/staying')).status).toBe(200);
  });

  it('takes away more than fits one transaction, and waits for nobody', async () => {
    const id = idOf(await put('crowded'));
    await db.query(
      `insert into scope_map (id, account, registry_id, name, description, actions, version, created_at, changed_at)
       select gen_random_uuid(), $1, $2, 'map-' || n, null, $3, n, now(), now() from generate_series(1, 1100) n`,
      [installation.accountId, id, actions],
    );
    await grants.call('DELETE', '/registries/crowded');
    await db.transaction(async (tx) => {
      await tx.query(`select id from registry where id = $1 for update`, [id]);
      expect((await emptied({ registryId: id })).status).toBe(204);
    });
    expect((await grants.call('GET', '/registries/crowded')).json).toMatchObject({ status: 'deleting' });
    expect((await emptied({ registryId: id })).status).toBe(204);
    expect(await db.query(`select 1 from scope_map where registry_id = $1`, [id])).toEqual([]);
    const [told] = await db.query<{ count: number }>(
      `select count(*) from outbox where data->>'registryId' = $1 and data->>'status' = 'deleted'`,
      [id],
    );
    expect(told?.count).toBe(1100);
  });

  it.each([{}, { registryId: 'x' }, { registryId: installation.registryId, namespace: '' }])(
    'is not ended by %j',
    async (body) => {
      expect((await emptied(body)).status).toBe(400);
    },
  );

  it('is ended by other services only', async () => {
    const body = { registryId: installation.registryId };
    const answer = await policy.call({ method: 'POST', path: '/internal/registry-emptied', body, token: tokenOf() });
    expect(answer.status).toBe(404);
  });
});
