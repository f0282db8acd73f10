import { randomUUID } from 'node:crypto';
import { installation } from '@berth/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Grants, somebody } from './grants.suite.js';
import { recordOf } from './identity-stand-in.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

let policy: PolicyUnderTest;
let grants: Grants;

beforeAll(async () => {
  policy = await startPolicy();
  grants = new Grants(policy);
});

afterEach(() => {
  vi.restoreAllMocks();
  policy.identity.othersAreOf = installation.accountId;
});

afterAll(async () => {
  await policy.stop();
});

const local = '/registries/local';

describe('POST of a role assignment', () => {
  it.each(['user', 'service', 'workload', 'group'])('S2-01 S3-01 S1-07-lifted assigns to a %s', async (kind) => {
    const principal = `${kind}:${randomUUID()}`;
    const scope = `${local}/repositories/samples/*`;
    const answer = await grants.assign(principal, 'Container Registry Repository Reader', scope);
    expect(answer).toMatchObject({
      status: 201,
      json: { principal, role: 'Container Registry Repository Reader', roleDefinition: null, scope, condition: null },
    });
  });

  it.each([
    '/',
    '/resource-groups/ci',
    local,
    `${local}/namespaces/team`,
    `${local}/repositories/team/app`,
    `${local}/repositories/team/*`,
  ])('takes the scope %s, and tells the definition and the audit log', async (scope) => {
    const { ref } = somebody();
    const { status, json } = await grants.assign(ref, 'AcrPull', scope);
    expect({ status, json }).toMatchObject({ status: 201, json: { scope, role: 'AcrPull', warnings: [] } });
    const key = `role-assignment:${String(json['id'])}`;
    expect(await grants.told('definition-changed', key)).toMatchObject([{ principal: ref, status: 'active' }]);
    expect(await grants.told('change-recorded', key)).toMatchObject([
      {
        event: 'created',
        action: 'roleAssignments/write',
        asked: `principal=${ref} role=AcrPull scope=${scope}`,
        decidedBy: [{ ref: `role-assignment:${installation.ownerAssignmentId}` }],
      },
    ]);
  });

  it.each([
    ['as Azure writes a registry', '/resourceGroups/ci/providers/Microsoft.ContainerRegistry/registries/local', local],
    ['as Azure writes the account', '', '/'],
  ])('takes a scope %s', async (_, behind, scope) => {
    const path = `/subscriptions/${installation.accountId}${behind}`;
    expect((await grants.assign(somebody().ref, 'AcrPull', path)).json).toMatchObject({ scope });
  });

  it('that says the same as another makes none, so that taking it away takes it away', async () => {
    const { ref, token } = somebody();
    const first = await grants.assign(ref, 'Reader', local);
    const second = await grants.assign(ref, 'Reader', local);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.json).toEqual(first.json);
    await grants.call('DELETE', `/role-assignments/${String(first.json['id'])}`);
    expect((await grants.call('GET', local, { token })).status).toBe(403);
  });

  it('by eight callers at once makes one', async () => {
    const { ref } = somebody();
    const made = await Promise.all(Array.from({ length: 8 }, () => grants.assign(ref, 'Reader', local)));
    expect(new Set(made.map(({ json }) => json['id'])).size).toBe(1);
    expect(made.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  it.each([
    ['an unknown role', { role: 'Admin' }, 'unknown-role'],
    ['a role in another case', { role: 'acrpull' }, 'unknown-role'],
    ['a registry that is not there', { scope: '/registries/nowhere' }, 'invalid_scope_path'],
    ['B8 a name that would be normalised', { scope: `${local}/repositories/team/../app` }, 'invalid_scope_path'],
    ['B8 an encoded name', { scope: `${local}/repositories/team%2Fapp` }, 'invalid_scope_path'],
    ['B9 upper case', { scope: `${local}/repositories/TEAM/app` }, 'invalid_scope_path'],
    ['B9 a name of 256 characters', { scope: `${local}/repositories/${'a'.repeat(256)}` }, 'invalid_scope_path'],
    ['B10 another pattern', { scope: `${local}/repositories/team/a?p` }, 'invalid_scope_path'],
    ['B10 a star within a segment', { scope: `${local}/repositories/team*` }, 'invalid_scope_path'],
    ['NUL', { scope: `${local}/repositories/a\0` }, 'malformed-request'],
    ['a namespace of two segments', { scope: `${local}/namespaces/a/b` }, 'invalid_scope_path'],
    ['a token, which has its scope map', { principal: 'token:x' }, 'malformed-request'],
    ['anybody', { principal: 'anonymous:x' }, 'malformed-request'],
    ['nobody', { principal: 'user:' }, 'malformed-request'],
    ['D16 an unknown field', { account: randomUUID() }, 'malformed-request'],
    ['a condition without repositories', { condition: { repositories: [] } }, 'malformed-request'],
    ['B10 a condition that is no pattern', { condition: { repositories: ['^.*$'] } }, 'malformed-request'],
    ['D16 an unknown condition', { condition: { repositories: ['a'], tags: ['v*'] } }, 'malformed-request'],
  ])('refuses %s', async (_, more, code) => {
    const body = { principal: 'user:1', role: 'AcrPull', scope: local, ...more };
    expect(await grants.call('POST', '/role-assignments', { body })).toMatchObject({ status: 400, json: { code } });
  });

  it('refuses a custom role outside of its AssignableScopes, and says where it can be', async () => {
    const team = `${local}/repositories/team/*`;
    const role = { Name: 'team only', Actions: ['content/read'], AssignableScopes: [team, '/resource-groups/ci'] };
    await grants.call('POST', '/role-definitions', { body: role });
    const outside = await grants.assign('user:1', 'team only', local);
    expect(outside).toMatchObject({
      status: 400,
      json: { code: 'not-assignable-here', assignableScopes: [team, '/resource-groups/ci'] },
    });
    expect((await grants.assign('user:1', 'team only', `${local}/repositories/team-evil/app`)).status).toBe(400);
    for (const scope of [team, `${local}/repositories/team/a/b`, '/resource-groups/ci']) {
      expect((await grants.assign('user:1', 'team only', scope)).status, scope).toBe(201);
    }
    await grants.call('PUT', `${local}/namespaces/in-ci`, { body: { resourceGroup: 'ci' } });
    expect((await grants.assign('user:1', 'team only', `${local}/namespaces/in-ci`)).status).toBe(201);
    expect((await grants.assign('user:1', 'team only', `${local}/namespaces/out-of-ci`)).status).toBe(400);
  });
});

describe('the principal of a role assignment', () => {
  const kinds = ['user', 'service', 'workload', 'group'];

  it.each(kinds)('is refused, with its name, while identity knows of no such %s', async (kind) => {
    const principal = `${kind}:${randomUUID()}`;
    policy.identity.othersAreOf = null;
    const refused = await grants.assign(principal, 'AcrPull', local);
    expect(refused).toMatchObject({ status: 400, json: { code: 'unknown-principal', principal } });
    policy.identity.principals.push(recordOf(principal));
    expect((await grants.assign(principal, 'AcrPull', local)).status).toBe(201);
  });

  it.each(kinds)('D15 is not one of another account: a %s is refused like one that is not there', async (kind) => {
    const [theirs, unknown] = [`${kind}:${randomUUID()}`, `${kind}:${randomUUID()}`];
    policy.identity.othersAreOf = null;
    policy.identity.principals.push(recordOf(theirs, { account: randomUUID() }));
    const said = async (principal: string) => {
      const { status, json } = await grants.assign(principal, 'AcrPull', local);
      return { status, ...json, requestId: '', detail: String(json['detail']).replace(principal, ''), principal: '' };
    };
    expect(await said(theirs)).toEqual(await said(unknown));
    const listed = await grants.call('GET', `/role-assignments?principal=${theirs}`);
    expect(listed.json['items']).toEqual([]);
  });

  it('can not be checked without identity: 503, and nothing is assigned', async () => {
    const { ref } = somebody();
    policy.identity.tokens = null;
    const answer = await grants.assign(ref, 'AcrPull', local);
    policy.identity.tokens = 0;
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect((await grants.call('GET', `/role-assignments?principal=${ref}`)).json['items']).toEqual([]);
  });

  it('is not looked up for who may not assign', async () => {
    const { token } = await grants.holderOf('Contributor', local);
    policy.identity.othersAreOf = null;
    expect((await grants.assign(somebody().ref, 'AcrPull', local, { token })).status).toBe(403);
  });
});

describe('a condition', () => {
  const reader = 'Container Registry Repository Reader';

  it('says on which repositories a repository role holds', async () => {
    const condition = { repositories: ['team/*', 'base'] };
    const answer = await grants.assign(somebody().ref, reader, local, { condition });
    expect(answer).toMatchObject({ status: 201, json: { condition } });
    const [told] = await grants.told('definition-changed', `role-assignment:${String(answer.json['id'])}`);
    expect(told).toMatchObject({ condition });
    expect((await grants.call('GET', `/role-assignments/${String(answer.json['id'])}`)).json).toEqual(answer.json);
  });

  it.each(['/', '/resource-groups/ci', local])('is needed for a repository role at %s', async (scope) => {
    const answer = await grants.assign('user:1', reader, scope);
    expect(answer).toMatchObject({ status: 400, json: { code: 'condition-needed' } });
  });

  it.each(['Owner', 'AcrPull', 'Reader'])('is refused for %s, which is not for repositories alone', async (role) => {
    const answer = await grants.assign('user:1', role, local, { condition: { repositories: ['team/*'] } });
    expect(answer).toMatchObject({ status: 400, json: { code: 'condition-not-possible' } });
  });

  it('leaves nothing of a custom role but what is done at one repository', async () => {
    const role = { Name: 'reads all', Actions: ['registries/read', 'roleAssignments/write'], AssignableScopes: ['/'] };
    await grants.call('POST', '/role-definitions', { body: role });
    const { ref, token } = somebody();
    const made = await grants.assign(ref, 'reads all', '/', { condition: { repositories: ['team/*'] } });
    expect(made.status).toBe(201);
    expect((await grants.call('GET', local, { token })).status).toBe(403);
    expect((await grants.assign('user:1', 'AcrPull', local, { token })).status).toBe(403);
    expect((await grants.assign('user:1', 'AcrPull', `${local}/repositories/team/a`, { token })).status).toBe(201);
  });
});

describe('GET of role assignments', () => {
  it('filters by principal, role and scope, page by page, the oldest first', async () => {
    const { ref } = somebody();
    const made: unknown[] = [];
    for (const scope of ['/', local, `${local}/namespaces/team`]) {
      made.push((await grants.assign(ref, 'AcrPull', scope)).json['id']);
    }
    made.push((await grants.assign(ref, 'AcrPush', local)).json['id']);
    const ids = async (query: string) => {
      const { status, json } = await grants.call('GET', `/role-assignments?principal=${ref}${query}`);
      expect(status).toBe(200);
      return (json['items'] as { id: string }[]).map(({ id }) => id);
    };
    expect(await ids('')).toEqual(made);
    expect(await ids('&role=AcrPull')).toEqual(made.slice(0, 3));
    expect(await ids(`&scope=${encodeURIComponent(local)}`)).toEqual([made[1], made[3]]);
    const first = await grants.call('GET', `/role-assignments?principal=${ref}&limit=3`);
    expect(await ids(`&after=${String(first.json['next'])}`)).toEqual(made.slice(3));
  });

  it('finds a custom role by name and by id, and shows its name', async () => {
    const body = { Name: 'shown', Actions: ['content/read'], AssignableScopes: ['/'] };
    const role = await grants.call('POST', '/role-definitions', { body });
    const { json } = await grants.assign(somebody().ref, 'shown', '/');
    for (const asked of ['shown', String(role.json['id'])]) {
      const found = await grants.call('GET', `/role-assignments?role=${asked}`);
      expect(found.json['items']).toEqual([json]);
    }
    expect(json).toMatchObject({ role: 'shown', roleDefinition: role.json['id'] });
  });

  it.each(['?limit=0', '?after=bm9uZQ', '?role=', '?scope=/registries/nowhere', '?sort=principal', '?principal[x]=1'])(
    'D17 D18 refuses %s',
    async (query) => {
      expect((await grants.call('GET', `/role-assignments${query}`)).status).toBe(400);
    },
  );

  it('shows those that the caller may see, and is refused to who may see none', async () => {
    const elsewhere = await grants.assign(somebody().ref, 'AcrPull', '/');
    const here = await grants.assign(somebody().ref, 'AcrPull', `${local}/namespaces/seen`);
    const { token } = await grants.holderOf('Reader', local);
    const listed = await grants.call('GET', '/role-assignments?limit=1000', { token });
    const ids = (listed.json['items'] as { id: string }[]).map(({ id }) => id);
    expect(ids).toContain(here.json['id']);
    expect(ids).not.toContain(elsewhere.json['id']);
    const path = `/role-assignments/${String(elsewhere.json['id'])}`;
    expect((await grants.call('GET', path, { token })).status).toBe(403);
    const puller = await grants.holderOf('AcrPull', local);
    expect((await grants.call('GET', '/role-assignments', { token: puller.token })).status).toBe(403);
  });
});

describe('D15 a role assignment of another account', () => {
  it('is not there: not to read, not to delete, not in a list; nor is a registry to assign in', async () => {
    const { json } = await grants.assign(somebody().ref, 'AcrPull', local);
    const { token, ref } = await grants.stranger();
    const path = `/role-assignments/${String(json['id'])}`;
    const unknown = await grants.call('GET', `/role-assignments/${randomUUID()}`, { token });
    const foreign = await grants.call('GET', path, { token });
    expect({ ...foreign.json, requestId: '' }).toEqual({ ...unknown.json, requestId: '' });
    expect([foreign.status, (await grants.call('DELETE', path, { token })).status]).toEqual([404, 404]);
    const listed = await grants.call('GET', '/role-assignments', { token });
    expect(listed.json['items']).toMatchObject([{ principal: ref }]);
    const nowhere = await grants.assign(ref, 'Owner', '/registries/nowhere', { token });
    const there = await grants.assign(ref, 'Owner', local, { token });
    expect([nowhere.status, there.status]).toEqual([400, 400]);
    expect(there.json['code']).toBe(nowhere.json['code']);
    const subscription = await grants.assign(ref, 'Owner', `/subscriptions/${installation.accountId}`, { token });
    expect(subscription.status).toBe(400);
  });
});
