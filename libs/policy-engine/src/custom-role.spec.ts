import { describe, expect, it } from 'vitest';
import { parseCustomRole } from './custom-role.js';
import { parseScopePath } from './scope-path.js';

/** As the documents of Azure show it. */
const acrImport = {
  assignableScopes: ['/subscriptions/0000-1111'],
  description: 'Can import images to registry',
  Name: 'AcrImport',
  permissions: [
    {
      actions: [
        'Microsoft.ContainerRegistry/registries/push/write',
        'Microsoft.ContainerRegistry/registries/pull/read',
        'Microsoft.ContainerRegistry/registries/read',
        'Microsoft.ContainerRegistry/registries/importImage/action',
      ],
      dataActions: [],
      notActions: [],
      notDataActions: [],
    },
  ],
  roleType: 'CustomRole',
};
const flat = { NAME: 'Flat', Actions: ['content/read'], AssignableScopes: ['/'] };

describe('parseCustomRole', () => {
  it('S2-19 S2-21 reads ACR’s JSON unchanged', () => {
    expect(parseCustomRole(acrImport)).toEqual({
      name: 'AcrImport',
      description: 'Can import images to registry',
      actions: acrImport.permissions[0]?.actions,
      notActions: [],
      dataActions: [],
      notDataActions: [],
      assignableScopes: ['/subscriptions/0000-1111'],
    });
  });

  it('reads the flat form, and a resource with properties', () => {
    const { Actions: actions, AssignableScopes: assignableScopes } = flat;
    const properties = { roleName: 'Flat', permissions: [{ actions }], assignableScopes };

    expect(parseCustomRole(flat)).toMatchObject({ name: 'Flat', actions: ['content/read'], assignableScopes: ['/'] });
    expect(parseCustomRole({ id: 'x', name: 'guid', type: 't', properties })).toMatchObject({ name: 'Flat', actions });
  });

  it.each([
    ['wildcard_action', { ...flat, Actions: ['Microsoft.ContainerRegistry/registries/*'] }, 'registries/*'],
    ['wildcard_action', { ...flat, NotActions: ['Microsoft.ContainerRegistry/*'] }, 'Microsoft.ContainerRegistry/*'],
    ['unknown_action', { ...flat, dataActions: ['Microsoft.ContainerRegistry/registries/fly'] }, 'fly'],
    ['unknown_action', { ...flat, Actions: ['Microsoft.Compute/virtualMachines/read'] }, 'virtualMachines'],
    ['invalid_role', { ...flat, AssignableScopes: [] }, 'AssignableScopes'],
    ['invalid_role', { ...flat, Actions: [] }, 'no action'],
    ['invalid_role', { ...flat, NAME: ' ' }, 'Name'],
    ['invalid_role', { ...flat, actions: ['content/write'] }, 'twice'],
    ['invalid_role', { ...flat, Actions: 'content/read' }, 'actions'],
    ['invalid_role', { ...flat, Actions: [1] }, 'actions'],
    ['invalid_role', { ...flat, permissions: {} }, 'permissions'],
    ['invalid_role', { ...flat, Actions: Array<string>(501).fill('content/read') }, '500'],
    ['invalid_role', [], 'object'],
    ['invalid_role', null, 'object'],
  ])('S2-20 refuses with %s', (code, json, named) => {
    expect(() => parseCustomRole(json)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(named) as string }),
    );
  });
});

describe('parseScopePath', () => {
  const directory = {
    registryIdOf: (name: string) => (name === 'local' ? 'r-1' : null),
    isSubscription: (id: string) => id === 'sub',
  };
  const arm = '/subscriptions/sub/resourceGroups/ci/providers/Microsoft.ContainerRegistry/registries/local';

  it.each([
    ['/', { kind: 'account' }],
    ['/subscriptions/sub', { kind: 'account' }],
    ['/resource-groups/ci', { kind: 'resource-group', resourceGroup: 'ci' }],
    ['/subscriptions/sub/resourceGroups/ci', { kind: 'resource-group', resourceGroup: 'ci' }],
    ['/registries/local', { kind: 'registry', registryId: 'r-1' }],
    [arm, { kind: 'registry', registryId: 'r-1' }],
    ['/registries/local/namespaces/team', { kind: 'namespace', registryId: 'r-1', namespace: 'team' }],
    ['/registries/local/repositories/team/app', { kind: 'repository', registryId: 'r-1', pattern: 'team/app' }],
    ['/registries/local/repositories/team/*', { kind: 'repository', registryId: 'r-1', pattern: 'team/*' }],
    [`${arm}/repositories/*`, { kind: 'repository', registryId: 'r-1', pattern: '*' }],
  ])('reads %s', (path, scope) => {
    expect(parseScopePath(path, directory)).toEqual(scope);
  });

  it.each(
    [
      ...[
        '',
        'registries/local',
        '/registries',
        '/registries/',
        '/registries/other',
        '/registries/local/',
        '/accounts/x',
      ],
      ...['/registries/local/namespaces/a/b', '/registries/local/namespaces/*', '/registries/local/namespaces/Team'],
      ...[
        '/registries/local/repositories/',
        '/registries/local/repositories/team*',
        '/registries/local/repositories/../x',
      ],
      ...[
        '/subscriptions/foreign',
        '/subscriptions/foreign/resourceGroups/ci',
        '/resource-groups/',
        `/${'a'.repeat(1001)}`,
      ],
    ].filter((path) => path !== ''),
  )('refuses %s', (path) => {
    expect(() => parseScopePath(path, directory)).toThrow(expect.objectContaining({ code: 'invalid_scope_path' }));
  });
});
