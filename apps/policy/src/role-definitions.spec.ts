import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Grants, somebody } from './grants.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

const provider = 'Microsoft.ContainerRegistry/registries';
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

/** AcrImport, as Azure's documentation has it. */
const acrImport = (name: string, more: object = {}) => ({
  AssignableScopes: ['/'],
  Description: 'Can import images to registry',
  Name: name,
  permissions: [
    {
      actions: [
        `${provider}/push/write`,
        `${provider}/pull/read`,
        `${provider}/read`,
        `${provider}/importImage/action`,
      ],
      dataActions: [],
      notActions: [],
      notDataActions: [],
    },
  ],
  roleType: 'CustomRole',
  ...more,
});

const create = (body: unknown, token?: string) =>
  grants.call('POST', '/role-definitions', token === undefined ? { body } : { body, token });

describe('custom roles', () => {
  it('S2-19 S2-21 S2-23 are created from the JSON of Azure unchanged, and read back', async () => {
    const made = await create(acrImport('AcrImport'));
    expect(made).toMatchObject({
      status: 201,
      json: { name: 'AcrImport', roleType: 'CustomRole', assignableScopes: ['/'] },
    });
    const gives = ['content/read', 'content/write', 'registries/importImage/action', 'registries/read'];
    expect(made.json['effectiveActions']).toEqual(expect.arrayContaining(gives));
    expect(made.json['effectiveActions']).not.toContain('content/delete');
    for (const ref of ['AcrImport', String(made.json['id'])]) {
      expect(await grants.call('GET', `/role-definitions/${ref}`)).toMatchObject({ status: 200, json: made.json });
    }
    expect(await grants.told('definition-changed', `role-definition:${String(made.json['id'])}`)).toMatchObject([
      { kind: 'role-definition', name: 'AcrImport', status: 'active', assignableScopes: [{ kind: 'account' }] },
    ]);
    expect(await grants.told('change-recorded', `role-definition:${String(made.json['id'])}`)).toMatchObject([
      { event: 'created', action: 'roleDefinitions/write', target: { resourceName: 'AcrImport' } },
    ]);
  });

  it.each([
    ['flat, keys in any case', { NAME: 'flat role', Actions: ['content/read'], assignablescopes: ['/'] }],
    [
      'as a resource',
      {
        name: 'x',
        properties: { roleName: 'as resource', permissions: [{ actions: ['pull'] }], assignableScopes: ['/'] },
      },
    ],
  ])('are read %s', async (_, body) => {
    expect((await create(body)).status).toBe(201);
  });

  it.each([
    ['S2-20', 'Microsoft.ContainerRegistry/*', 'wildcard_action'],
    ['S2-20', `${provider}/*`, 'wildcard_action'],
    ['S2-20', `${provider}/*/read`, 'wildcard_action'],
    ['an unknown action', `${provider}/fly/write`, 'unknown_action'],
    ['B10 another action language', '^.*$', 'wildcard_action'],
    ['another provider', 'Microsoft.Compute/virtualMachines/read', 'unknown_action'],
    ['another case', 'PULL', 'unknown_action'],
  ])('%s: %s is refused by name', async (_, action, code) => {
    const body = { Name: 'refused role', Actions: ['content/read', action], AssignableScopes: ['/'] };
    const answer = await create(body);
    expect(answer).toMatchObject({ status: 400, json: { code, action } });
    expect(String(answer.json['detail'])).toContain(JSON.stringify(action));
    expect((await grants.call('GET', '/role-definitions/refused%20role')).status).toBe(404);
  });

  it.each([
    ['no scope', { AssignableScopes: [] }, 400, 'invalid_role'],
    [
      'S2-22 a subscription that is not this account',
      { AssignableScopes: ['/subscriptions/other'] },
      400,
      'invalid_scope_path',
    ],
    ['a registry that is not there', { AssignableScopes: ['/registries/nowhere'] }, 400, 'invalid_scope_path'],
    [
      'B8 a scope with dots',
      { AssignableScopes: ['/registries/local/repositories/team/../x'] },
      400,
      'invalid_scope_path',
    ],
    [
      'B11 a pattern in the middle',
      { AssignableScopes: ['/registries/local/repositories/a*/b'] },
      400,
      'invalid_scope_path',
    ],
    ['NUL in a scope', { AssignableScopes: ['/resource-groups/a\0'] }, 400, 'invalid_role'],
    ['NUL in the name', { Name: 'a\0b' }, 400, 'invalid_role'],
    ['half a character', { Description: '\ud800' }, 400, 'invalid_role'],
    ['no name', { Name: ' ' }, 400, 'invalid_role'],
    ['a name of 129 characters', { Name: 'n'.repeat(129) }, 400, 'invalid_role'],
    ['the name of a built-in role', { Name: 'AcrPull' }, 409, 'built-in-role'],
    ['a name that is an address', { Name: 'operations' }, 400, 'invalid_role'],
    ['a key twice', { name: 'twice' }, 400, 'invalid_role'],
  ])('are refused with %s', async (_, more, status, code) => {
    expect(await create({ ...acrImport('never made'), ...more })).toMatchObject({ status, json: { code } });
  });

  it('S2-20 are refused when the body is a list or too deep to mean anything', async () => {
    expect((await create([])).status).toBe(400);
    expect((await create({ properties: [] })).json).toMatchObject({ code: 'invalid_role' });
  });

  it('have a name of their own', async () => {
    await create(acrImport('only once'));
    expect(await create(acrImport('only once'))).toMatchObject({ status: 409, json: { code: 'role-exists' } });
  });

  it('S2-23 an update changes what existing assignments give, at once', async () => {
    const role = await create({ Name: 'list assignments', Actions: ['roleAssignments/read'], AssignableScopes: ['/'] });
    const { ref, token } = somebody();
    await grants.assign(ref, 'list assignments', '/');
    expect((await grants.call('GET', '/role-assignments', { token })).status).toBe(200);
    const patched = await grants.call('PATCH', '/role-definitions/list%20assignments', {
      body: { Actions: ['accessPolicies/read'] },
    });
    expect(patched).toMatchObject({
      status: 200,
      json: { effectiveActions: ['accessPolicies/read'], id: role.json['id'] },
    });
    expect((await grants.call('GET', '/role-assignments', { token })).status).toBe(403);
    expect((await grants.call('GET', '/access-policies', { token })).status).toBe(200);
    const published = await grants.told('definition-changed', `role-definition:${String(role.json['id'])}`);
    expect(published.map(({ actions }) => actions)).toEqual([['roleAssignments/read'], ['accessPolicies/read']]);
  });

  it('PUT creates by name, replaces by id or name, renames, and the same again changes nothing', async () => {
    const path = '/role-definitions/by%20name';
    const made = await grants.call('PUT', path, { body: acrImport('by name') });
    expect(made.status).toBe(201);
    const again = await grants.call('PUT', path, { body: acrImport('by name') });
    expect(again).toMatchObject({ status: 200, json: made.json });
    const id = String(made.json['id']);
    const renamed = await grants.call('PUT', `/role-definitions/${id}`, { body: acrImport('renamed') });
    expect(renamed).toMatchObject({ status: 200, json: { id, name: 'renamed' } });
    expect(await grants.told('definition-changed', `role-definition:${id}`)).toHaveLength(2);
    await create(acrImport('taken name'));
    const clash = await grants.call('PUT', `/role-definitions/${id}`, { body: acrImport('taken name') });
    expect(clash).toMatchObject({ status: 409, json: { code: 'role-exists' } });
  });

  it.each([
    ['PUT', 'by-other-name', acrImport('another'), 400],
    ['PUT', '00000000-0000-7000-8000-000000000000', acrImport('another'), 404],
    ['PATCH', 'not-there', { Description: 'x' }, 404],
    ['PUT', 'Owner', acrImport('Owner'), 409],
    ['PATCH', 'AcrPull', { Description: 'x' }, 409],
  ] as const)('%s of %s is refused', async (method, ref, body, status) => {
    expect((await grants.call(method, `/role-definitions/${ref}`, { body })).status).toBe(status);
  });

  it('are not deleted while they are assigned', async () => {
    const { json } = await create(acrImport('in use'));
    const assigned = await grants.assign(somebody().ref, 'in use', '/registries/local');
    const path = '/role-definitions/in%20use';
    expect(await grants.call('DELETE', path)).toMatchObject({
      status: 409,
      json: { code: 'role-in-use', assignments: 1 },
    });
    await grants.call('DELETE', `/role-assignments/${String(assigned.json['id'])}`);
    expect((await grants.call('DELETE', path)).status).toBe(204);
    expect((await grants.call('GET', path)).status).toBe(404);
    const published = await grants.told('definition-changed', `role-definition:${String(json['id'])}`);
    expect(published.at(-1)).toMatchObject({ status: 'deleted' });
  });
});

describe('the list of roles', () => {
  it('holds the built-in ones too, by name, page by page', async () => {
    await create(acrImport('AcrPullMore'));
    const names: unknown[] = [];
    let next: unknown = null;
    do {
      const page = await grants.call(
        'GET',
        `/role-definitions?limit=3${next === null ? '' : `&after=${String(next)}`}`,
      );
      names.push(...(page.json['items'] as { name: string }[]).map(({ name }) => name));
      next = page.json['next'];
    } while (next !== null);
    expect(names).toEqual([...names].sort());
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['AcrPull', 'AcrPullMore', 'AcrPush', 'Owner', 'Reader']));
  });

  it('shows custom roles to who may read roles where they are assignable', async () => {
    await create({ Name: 'for all', Actions: ['content/read'], AssignableScopes: ['/'] });
    await create({ Name: 'for local', Actions: ['content/read'], AssignableScopes: ['/registries/local'] });
    const { token } = await grants.holderOf('Reader', '/registries/local');
    const { json } = await grants.call('GET', '/role-definitions?limit=1000', { token });
    const names = (json['items'] as { name: string }[]).map(({ name }) => name);
    expect(names).toContain('for local');
    expect(names).not.toContain('for all');
    expect((await grants.call('GET', '/role-definitions/for%20all', { token })).status).toBe(403);
    expect((await grants.call('GET', '/role-definitions/Owner', { token })).status).toBe(200);
  });

  it('S2-06 is refused to who may read roles nowhere', async () => {
    const { token } = await grants.holderOf('AcrPush', '/');
    expect((await grants.call('GET', '/role-definitions', { token })).status).toBe(403);
    expect((await grants.call('GET', '/role-definitions/Owner', { token })).status).toBe(403);
  });
});

describe('GET of the operations', () => {
  it('S2-24 is the catalogue of actions with every spelling, for every caller', async () => {
    const { status, json } = await grants.call('GET', '/role-definitions/operations', { token: somebody().token });
    expect(status).toBe(200);
    expect(json['items']).toContainEqual({
      action: 'content/read',
      docker: 'pull',
      acrScopeMap: 'content/read',
      acrRole: `${provider}/pull/read`,
      ibm: 'container-registry.image.pull',
      aliases: [`${provider}/repositories/content/read`],
      within: [],
      level: 'repository',
    });
    expect((await policy.call({ path: '/api/v1/role-definitions/operations', token: null })).status).toBe(401);
  });
});

describe('D15 a role of another account', () => {
  it('is not there, by id or by name, and can not be assigned', async () => {
    const { json } = await create(acrImport('not yours'));
    const { token, ref: other } = await grants.stranger();
    for (const ref of ['not%20yours', String(json['id'])]) {
      const path = `/role-definitions/${ref}`;
      expect((await grants.call('GET', path, { token })).status, ref).toBe(404);
      expect((await grants.call('PATCH', path, { token, body: { Description: 'x' } })).status, ref).toBe(404);
      expect((await grants.call('DELETE', path, { token })).status, ref).toBe(404);
      const role = decodeURIComponent(ref);
      expect((await grants.assign(other, role, '/', { token })).json).toMatchObject({ code: 'unknown-role' });
    }
    const put = await grants.call('PUT', `/role-definitions/${String(json['id'])}`, {
      token,
      body: acrImport('not yours'),
    });
    expect(put.status).toBe(404);
    const scope = { ...acrImport('theirs'), AssignableScopes: ['/registries/local'] };
    expect((await create(scope, token)).json).toMatchObject({ code: 'invalid_scope_path' });
    const listed = await grants.call('GET', '/role-definitions?limit=1000', { token });
    expect(JSON.stringify(listed.json)).not.toContain('not yours');
  });
});
