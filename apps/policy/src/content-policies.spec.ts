import { definitionChanged, installation } from '@berth/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Grants, type Somebody } from './grants.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

const { registryId } = installation;
const key = `content-policies:${registryId}`;
const quarantine = '/registries/local/policies/quarantine';
const immutability = '/registries/local/policies/immutability';
const quota = '/registries/local/quota';
let policy: PolicyUnderTest;
let grants: Grants;

beforeAll(async () => {
  policy = await startPolicy();
  grants = new Grants(policy);
});

afterAll(async () => {
  await policy.stop();
});

const put = (path: string, body: object, token?: string) =>
  grants.call('PUT', path, token === undefined ? { body } : { body, token });
const get = (path: string, token?: string) => grants.call('GET', path, token === undefined ? {} : { token });

const off = [
  [quarantine, { enabled: false, releaseAfterHours: null }],
  [immutability, { rules: [] }],
  [quota, { storageBytes: null, namespaces: [] }],
] as const;
const on = [
  [quarantine, { enabled: true, releaseAfterHours: 24 }],
  [immutability, { rules: [{ repositories: 'team/*', tags: 'v*', except: ['v0*', 'v-next'] }] }],
  [quota, { storageBytes: 5_000_000_000, namespaces: [{ name: 'team', storageBytes: 1_000 }] }],
] as const;

describe('content policies', () => {
  it('are all off until somebody decides, and saying so decides nothing', async () => {
    for (const [path, body] of off) {
      const nothing = { status: 200, json: { ...body, version: null, changedAt: null } };
      expect(await get(path)).toMatchObject(nothing);
      expect(await put(path, body)).toMatchObject(nothing);
    }
    expect(await grants.told('change-recorded', key)).toEqual([]);
  });

  it('are decided part by part, the others stay, and the same again changes nothing', async () => {
    for (const [path, body] of on) {
      const decided = await put(path, body);
      expect(decided).toMatchObject({ status: 200, json: body });
      expect((await put(path, body)).json).toEqual(decided.json);
    }
    for (const [path, body] of on) expect((await get(path)).json).toMatchObject(body);
    const states = await grants.told('definition-changed', key);
    expect(states).toHaveLength(3);
    for (const state of states) definitionChanged.schema.parse(state);
    expect(states.at(-1)).toMatchObject({
      registryId,
      quarantine: { isOn: true, releaseAfterHours: 24 },
      immutability: [{ repositories: 'team/*', tags: 'v*', except: ['v0*', 'v-next'] }],
      quota: { storageBytes: 5_000_000_000, namespaces: [{ namespace: 'team', storageBytes: 1_000 }] },
    });
    const [{ version } = { version: 0 }] = states.slice(-1);
    for (const [path] of on) expect((await get(path)).json).toMatchObject({ version });
  });

  it('are in the audit log with what was asked, also when they are switched off', async () => {
    await put(quarantine, { enabled: false });
    await put(immutability, { rules: [] });
    await put(quota, { storageBytes: null });
    const entries = await grants.told('change-recorded', key);
    expect(entries.map(({ event, action, asked, target }) => [event, action, asked, target])).toEqual([
      ...on.map(([path, body], at) => [
        at === 0 ? 'created' : 'updated',
        path === quota ? 'quota/write' : 'policies/write',
        JSON.stringify(body),
        { registryId, resource: key, resourceName: path.split('/').at(-1) },
      ]),
      ['updated', 'policies/write', '{"enabled":false,"releaseAfterHours":null}', expect.anything()],
      ['updated', 'policies/write', '{"rules":[]}', expect.anything()],
      ['updated', 'quota/write', '{"storageBytes":null,"namespaces":[]}', expect.anything()],
    ]);
  });

  it('are not lost when parts are decided at once', async () => {
    const answers = await Promise.all(on.map(([path, body]) => put(path, body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const [path, body] of on) expect((await get(path)).json).toMatchObject(body);
  });

  it('leave an exception out', async () => {
    const rule = { repositories: '*', tags: '*' };
    expect((await put(immutability, { rules: [rule] })).json).toMatchObject({ rules: [{ ...rule, except: [] }] });
  });

  it('are read by other services, alone and among the changes', async () => {
    const internal = (path: string) => policy.call({ path: `/internal/${path}`, isInternal: true, token: null });
    expect(await internal(`definitions/content-policies?name=${registryId}`)).toMatchObject({
      status: 200,
      json: { definition: { kind: 'content-policies', registryId } },
    });
    const { changes } = (await internal('changes?after=0')).json as { changes: { key: string }[] };
    expect(changes.map((each) => each.key)).toContain(key);
  });

  it.each<[string, string, object]>([
    ['no hours', quarantine, { enabled: true, releaseAfterHours: 0 }],
    ['more than a year', quarantine, { enabled: true, releaseAfterHours: 8761 }],
    ['parts of an hour', quarantine, { enabled: true, releaseAfterHours: 0.5 }],
    ['neither on nor off', quarantine, { releaseAfterHours: 1 }],
    ['something else', quarantine, { enabled: true, scanner: 'x' }],
    ['B10 a pattern in the middle', immutability, { rules: [{ repositories: 'team/a*', tags: '*' }] }],
    ['B8 a climbing name', immutability, { rules: [{ repositories: 'team/../app', tags: '*' }] }],
    ['a regular expression', immutability, { rules: [{ repositories: '*', tags: '^v.*$' }] }],
    ['two stars', immutability, { rules: [{ repositories: '*', tags: '**' }] }],
    ['a tag that is too long', immutability, { rules: [{ repositories: '*', tags: 'a'.repeat(129) }] }],
    ['an exception that is no tag', immutability, { rules: [{ repositories: '*', tags: '*', except: [''] }] }],
    ['no tags', immutability, { rules: [{ repositories: '*' }] }],
    ['101 rules', immutability, { rules: Array(101).fill({ repositories: '*', tags: '*' }) }],
    ['101 exceptions', immutability, { rules: [{ repositories: '*', tags: '*', except: Array(101).fill('a') }] }],
    ['less than nothing', quota, { storageBytes: -1 }],
    ['parts of a byte', quota, { storageBytes: 1.5 }],
    ['more than a number holds', quota, { storageBytes: 2 ** 53 }],
    ['bytes as text', quota, { storageBytes: '10 GiB' }],
    ['a repository for a namespace', quota, { storageBytes: 1, namespaces: [{ name: 'a/b', storageBytes: 1 }] }],
    ['a namespace twice', quota, { storageBytes: 1, namespaces: Array(2).fill({ name: 'a', storageBytes: 1 }) }],
  ])('refuse %s', async (_, path, body) => {
    const before = (await get(path)).json;
    expect(await put(path, body)).toMatchObject({ status: 400, json: { code: 'malformed-request' } });
    expect((await get(path)).json).toEqual(before);
  });
});

describe('content policies, who may', () => {
  const bodies = new Map<string, object>(on);
  const outcomes = async ({ token }: Somebody) =>
    Promise.all(
      [quarantine, immutability, quota].map(async (path) => [
        (await get(path, token)).status,
        (await put(path, bodies.get(path) ?? {}, token)).status,
      ]),
    );

  beforeEach(() => vi.restoreAllMocks());

  it.each([
    ['Owner', [200, 200], [200, 200]],
    ['Contributor', [200, 200], [200, 200]],
    ['Reader', [200, 403], [200, 403]],
    ['AcrPush', [403, 403], [403, 403]],
    ['AcrQuarantineWriter', [403, 403], [403, 403]],
  ])('read and decide them: %s', async (role, policies, quotas) => {
    expect(await outcomes(await grants.holderOf(role, '/registries/local'))).toEqual([policies, policies, quotas]);
  });

  it.each(['/registries/local/namespaces/team', '/registries/local/repositories/team/*'])(
    'nobody by what they hold at %s',
    async (scope) => {
      expect((await outcomes(await grants.holderOf('Owner', scope))).flat()).toEqual(Array(6).fill(403));
    },
  );

  it.each([
    ['Manager', [200, 200]],
    ['Writer', [200, 403]],
  ])('a quota is set by access policy too: %s', async (role, expected) => {
    const { ref, token } = await grants.holderOf('AcrPull', '/registries/local');
    const target = { serviceName: 'container-registry' };
    const made = await grants.call('POST', '/access-policies', { body: { subject: ref, roles: [role], target } });
    expect(made.status).toBe(201);
    expect((await outcomes({ ref, token })).at(-1)).toEqual(expected);
  });

  it('refusals are in the audit log', async () => {
    const refusals = grants.refusals();
    const { token } = await grants.holderOf('Reader', '/registries/local');
    await put(quarantine, { enabled: false }, token);
    expect(refusals).toMatchObject([
      [{ event: 'refused', action: 'policies/write', target: { registryId, resourceName: 'quarantine' } }],
    ]);
  });

  it('D15 of a registry of another account they are not there', async () => {
    const stranger = await grants.stranger();
    expect((await outcomes(stranger)).flat()).toEqual(Array(6).fill(404));
  });
});

describe('content policies of a registry that is deleted', () => {
  it('go with it', async () => {
    const made = await grants.call('PUT', '/registries/shortlived', { body: {} });
    const id = String(made.json['id']);
    expect((await put('/registries/shortlived/policies/quarantine', { enabled: true })).status).toBe(200);
    await grants.call('DELETE', '/registries/shortlived');
    const end = { method: 'POST', path: '/internal/registry-emptied', body: { registryId: id } } as const;
    expect((await policy.call({ ...end, isInternal: true, token: null })).status).toBe(204);
    const states = await grants.told('definition-changed', `content-policies:${id}`);
    expect(states.map(({ status }) => status)).toEqual(['active', 'deleted']);
    for (const state of states) definitionChanged.schema.parse(state);
    expect((await get('/registries/shortlived/policies/quarantine')).status).toBe(404);
  });
});
