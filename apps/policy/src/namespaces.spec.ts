import { definitionChanged, installation } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Grants, somebody } from './grants.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

let policy: PolicyUnderTest;
let grants: Grants;

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

const all = '/registries/local/namespaces';

const put = (name: string, body: object = {}, token?: string) =>
  grants.call('PUT', `${all}/${name}`, token === undefined ? { body } : { body, token });

/** A caller with roles of an access policy. */
async function withPolicy(roles: readonly string[], narrowed: object = {}) {
  const holder = somebody();
  const target = { serviceName: 'container-registry', ...narrowed };
  const { status, json } = await grants.call('POST', '/access-policies', {
    body: { subject: holder.ref, roles, target },
  });
  if (status !== 201) throw new Error(JSON.stringify(json));
  return holder;
}

const onNamespace = (resource: string) => ({ resourceType: 'namespace', resource });
const idOf = ({ json }: { json: Record<string, unknown> }) => String(json['id']);
const namesIn = ({ json }: { json: Record<string, unknown> }) =>
  (json['items'] as { name: string }[]).map(({ name }) => name);

describe('PUT of a namespace', () => {
  it('S4-OP08 makes it known; the same again changes nothing', async () => {
    const made = await put('samples', { name: 'samples' });
    expect(made).toMatchObject({ status: 201, json: { name: 'samples', resourceGroup: null, status: 'active' } });
    expect(await put('samples')).toMatchObject({ status: 200, json: made.json });
    expect(await grants.told('definition-changed', `namespace:${idOf(made)}`)).toMatchObject([
      { kind: 'namespace', registryId: installation.registryId, name: 'samples', resourceGroup: null },
    ]);
    expect(await grants.told('change-recorded', `namespace:${idOf(made)}`)).toMatchObject([
      { event: 'created', action: 'namespaces/write', target: { resourceName: 'samples' } },
    ]);
    expect(await grants.call('GET', `${all}/samples`)).toMatchObject({ status: 200, json: made.json });
  });

  it('S4-35 S4-OP09 puts it into a resource group, once and for all', async () => {
    await put('assigned');
    expect(await put('assigned', { resourceGroup: 'plants' })).toMatchObject({
      status: 200,
      json: { resourceGroup: 'plants' },
    });
    expect((await put('assigned', { resourceGroup: 'plants' })).status).toBe(200);
    expect((await put('assigned')).json).toMatchObject({ resourceGroup: 'plants' });
    expect(await put('assigned', { resourceGroup: 'labs' })).toMatchObject({
      status: 409,
      json: { code: 'resource-group-fixed', resourceGroup: 'plants' },
    });
    expect((await grants.call('GET', `${all}/assigned`)).json).toMatchObject({ resourceGroup: 'plants' });
  });

  it('S4-25 S4-OP08 needs namespace.create, which no policy on a namespace or resource group gives', async () => {
    for (const role of ['Reader', 'Writer']) {
      expect((await put('new', {}, (await withPolicy([role])).token)).status, role).toBe(403);
    }
    expect((await put('new', {}, (await withPolicy(['Manager'], onNamespace('new'))).token)).status).toBe(403);
    expect((await put('new', {}, (await withPolicy(['Manager'], { resourceGroup: 'plants' })).token)).status).toBe(403);
    expect((await put('new', {}, (await withPolicy(['Manager'])).token)).status).toBe(201);
  });

  it('who may grant: puts it where others gain something only for who holds all of that', async () => {
    await grants.holderOf('AcrQuarantineReader', '/resource-groups/scanned');
    const manager = await withPolicy(['Manager']);
    const entries = grants.refusals();
    const refused = await put('to-scan', { resourceGroup: 'scanned' }, manager.token);
    expect(refused).toMatchObject({ status: 403, json: { code: 'not-held', action: 'quarantine/read' } });
    expect(entries).toMatchObject([[{ reason: 'not-held', asked: 'quarantine/read' }]]);
    expect((await grants.call('GET', `${all}/to-scan`)).status).toBe(404);
    await grants.assign(manager.ref, 'AcrQuarantineReader', '/registries/local/namespaces/to-scan');
    expect((await put('to-scan', { resourceGroup: 'scanned' }, manager.token)).status).toBe(201);
  });

  it('makes 10,000 of a registry known, and no more than that', async () => {
    await grants.call('PUT', '/registries/crowded', { body: {} });
    await policy.app.get(Database).query(
      `insert into namespace (id, account, registry_id, name, version, changed_at)
       select gen_random_uuid(), account, id, 'n' || n, 1, now() from registry, generate_series(1, 9999) as n
        where registry.name = 'crowded'`,
    );
    const crowd = (name: string) => grants.call('PUT', `/registries/crowded/namespaces/${name}`, { body: {} });
    expect((await crowd('last')).status).toBe(201);
    expect(await crowd('more')).toMatchObject({ status: 409, json: { code: 'too-many-namespaces', max: 10_000 } });
    expect([(await crowd('last')).status, (await put('elsewhere')).status]).toEqual([200, 201]);
  });

  it('S4-29 lets a policy on its resource group in from then on', async () => {
    const reader = await withPolicy(['Reader'], { resourceGroup: 'shared' });
    expect((await grants.call('GET', `${all}/late`, { token: reader.token })).status).toBe(403);
    await put('late', { resourceGroup: 'shared' });
    expect((await grants.call('GET', `${all}/late`, { token: reader.token })).status).toBe(200);
  });

  it.each(['a%2Fb', 'Team', '.team', 'team*', '*', 'a'.repeat(256), '%00', 't%C3%A9am'])(
    'B8 B9 B10 refuses the name %s',
    async (name) => {
      expect((await put(name)).status).toBe(400);
    },
  );

  it.each([{ name: 'other' }, { resourceGroup: null }, { resourceGroup: 'a/b' }, { account: 'x' }])(
    'D16 refuses %j',
    async (body) => {
      expect((await put('refused', body)).status).toBe(400);
    },
  );
});

describe('the namespaces of a registry', () => {
  it('S4-OP35 are listed by name, page by page, to those who may list namespaces', async () => {
    await put('zebra');
    const first = await grants.call('GET', `${all}?limit=2`);
    expect(first.status).toBe(200);
    const rest = await grants.call('GET', `${all}?limit=1000&after=${String(first.json['next'])}`);
    const names = [...namesIn(first), ...namesIn(rest)];
    expect(names).toEqual([...names].toSorted());
    expect(names).toEqual(expect.arrayContaining(['samples', 'zebra']));
    expect(rest.json['next']).toBeNull();
  });

  it('S4-27 are filtered to those that the caller may see, and no prefix of a name shows another', async () => {
    for (const name of ['team', 'team-evil']) await put(name);
    const { token } = await withPolicy(['Reader'], onNamespace('team'));
    expect(namesIn(await grants.call('GET', all, { token }))).toEqual(['team']);
  });

  it('are seen by their resource group, those of the registry itself included', async () => {
    await grants.call('PUT', '/registries/grouped', { body: { resourceGroup: 'plants' } });
    const groups = { own: undefined, elsewhere: 'labs', here: 'plants' };
    for (const [name, resourceGroup] of Object.entries(groups)) {
      await grants.call('PUT', `/registries/grouped/namespaces/${name}`, { body: { resourceGroup } });
    }
    const { token } = await withPolicy(['Reader'], { resourceGroup: 'plants' });
    expect(namesIn(await grants.call('GET', '/registries/grouped/namespaces', { token }))).toEqual(['here', 'own']);
  });

  it('S4-W07 are refused to who may list none, with an entry', async () => {
    const { token } = await withPolicy(['Writer']);
    const entries = grants.refusals();
    expect(await grants.call('GET', all, { token })).toMatchObject({
      status: 403,
      json: { code: 'no-role-assignment' },
    });
    expect(entries).toMatchObject([[{ event: 'refused', action: 'namespaces/list' }]]);
  });

  it.each(['?limit=0', '?after=%21', '?sort=name'])('D17 can not be asked with %s', async (query) => {
    expect((await grants.call('GET', `${all}${query}`)).status).toBe(400);
  });

  it('D15 of another account are not there, on any route', async () => {
    const { token } = await grants.stranger();
    for (const [method, path] of [
      ['GET', all],
      ['GET', `${all}/samples`],
      ['PUT', `${all}/samples`],
      ['DELETE', `${all}/samples`],
    ] as const) {
      const answer = await grants.call(method, path, { token, body: method === 'PUT' ? {} : undefined });
      expect(answer, path).toMatchObject({ status: 404, json: { code: 'unknown-registry' } });
    }
  });
});

describe('DELETE of a namespace', () => {
  const emptied = (body: object) =>
    policy.call({ method: 'POST', path: '/internal/registry-emptied', body, isInternal: true, token: null });
  const lastOf = async (key: string) => (await grants.told('definition-changed', key)).at(-1);

  it('S4-OP10 is a state: it is shut at once, and gone when it is empty; its name is free then', async () => {
    const id = idOf(await put('short'));
    expect((await grants.call('DELETE', `${all}/short`)).status).toBe(202);
    expect((await grants.call('DELETE', `${all}/short`)).status).toBe(202);
    const told = () => grants.told('definition-changed', `prohibition:${id}`);
    const scope = { kind: 'namespace', registryId: installation.registryId, namespace: 'short' };
    expect(await told()).toMatchObject([{ cause: 'deleting', scope, actions: null, status: 'active' }]);
    expect((await grants.call('GET', `${all}/short`)).json).toMatchObject({ status: 'deleting' });
    expect((await put('short')).status).toBe(403);
    const body = { registryId: installation.registryId, namespace: 'short' };
    for (let i = 0; i < 2; i += 1) expect((await emptied(body)).status).toBe(204);
    expect((await told()).map(({ status }) => status)).toEqual(['active', 'deleted']);
    expect((await grants.call('GET', `${all}/short`)).status).toBe(404);
    const again = await put('short');
    expect(again.status).toBe(201);
    expect(idOf(again)).not.toBe(id);
  });

  it('takes along what names it alone: who makes it again gives nobody what others had in it', async () => {
    const place = '/registries/plantX';
    const registryId = idOf(await grants.call('PUT', place, { body: { region: 'us-east' } }));
    for (const name of ['going', 'going-on']) await grants.call('PUT', `${place}/namespaces/${name}`, { body: {} });
    const { ref, token } = await grants.holderOf('Reader', `${place}/namespaces/going`);
    const scopes = ['repositories/going', 'repositories/going/app', 'repositories/going/*', 'namespaces/going'];
    const others = ['repositories/going-on/app', 'namespaces/going-on'];
    const assigned = async (scope: string) =>
      `role-assignment:${idOf(await grants.assign(ref, 'AcrPull', `${place}/${scope}`))}`;
    const allowed = async (reach: object, subject = ref) => {
      const target = { serviceName: 'container-registry', resourceType: 'namespace', ...reach };
      const body = { subject, roles: ['Reader'], target };
      return `access-policy:${idOf(await grants.call('POST', '/access-policies', { body }))}`;
    };
    const gone = [
      ...(await Promise.all(scopes.map(assigned))),
      await allowed({ region: 'us-east', resource: 'going' }),
    ];
    const kept = [
      ...(await Promise.all(others.map(assigned))),
      await allowed({ region: 'us-east', resource: 'going-on' }),
      // It reaches other registries too, and may be meant for one of them.
      await allowed({ resource: 'going' }, somebody().ref),
    ];
    const namespaces = ['a', 'going', 'z'].map((name) => ({ name, storageBytes: 5 }));
    const quota = { storageBytes: 100, namespaces };
    expect((await grants.call('PUT', `${place}/quota`, { body: quota })).status).toBe(200);
    await policy.app.get(Database).query(
      `insert into role_assignment (id, account, principal, role, scope, version, changed_at)
       select gen_random_uuid(), $1, 'user:' || n, 'Reader', $2, 1, now() from generate_series(1, 600) n`,
      [installation.accountId, JSON.stringify({ kind: 'namespace', registryId, namespace: 'going' })],
    );
    const seen = async () => (await grants.call('GET', `${place}/namespaces/going`, { token })).status;
    expect(await seen()).toBe(200);
    await grants.call('DELETE', `${place}/namespaces/going`);
    expect((await emptied({ registryId, namespace: 'going' })).status).toBe(204);
    for (const key of gone) expect(await lastOf(key), key).toMatchObject({ status: 'deleted' });
    for (const key of kept) expect(await lastOf(key), key).toMatchObject({ status: 'active' });
    const left = { storageBytes: 100, namespaces: namespaces.filter(({ name }) => name !== 'going') };
    const policies = await lastOf(`content-policies:${registryId}`);
    const told = {
      status: 'active',
      quota: { storageBytes: 100, namespaces: [{ namespace: 'a' }, { namespace: 'z' }] },
    };
    expect(definitionChanged.schema.parse(policies)).toMatchObject(told);
    const answer = await grants.call('GET', `${place}/quota`);
    expect(answer.json).toMatchObject({ ...left, version: policies?.['version'], changedAt: policies?.['changedAt'] });
    await grants.call('PUT', `${place}/namespaces/going`, { body: {} });
    expect(await seen()).toBe(403);
  });

  it('needs namespace.delete, and one that somebody made known', async () => {
    await put('kept');
    for (const role of ['Reader', 'Writer']) {
      const { token } = await withPolicy([role]);
      expect((await grants.call('DELETE', `${all}/kept`, { token })).status, role).toBe(403);
    }
    const unknown = await grants.call('DELETE', `${all}/implied`);
    expect(unknown).toMatchObject({ status: 404, json: { code: 'unknown-namespace' } });
  });
});
