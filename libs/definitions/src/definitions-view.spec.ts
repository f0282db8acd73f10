import {
  installation,
  type ContentPoliciesDefinition,
  type Definition,
  type RegistryDefinition,
  type RoleAssignmentDefinition,
} from '@berth/contracts';
import { decide, principalRef, type Principal } from '@berth/policy-engine';
import { beforeEach, describe, expect, it } from 'vitest';
import { DefinitionsView } from './definitions-view.js';
import { account, defaultAccount, registryId, scopeMap, uuidOf } from './state-copy.suite.js';

let view: DefinitionsView;

beforeEach(() => {
  view = new DefinitionsView();
});

const common = { account, status: 'active', changedAt: '2026-11-01T00:00:00.000Z' } as const;

function registry(n: number, name: string, more: Partial<RegistryDefinition> = {}): RegistryDefinition {
  return {
    kind: 'registry',
    id: uuidOf(n),
    version: 1,
    ...common,
    name,
    region: null,
    resourceGroup: null,
    plan: 'standard',
    ...more,
  };
}

function assignment(n: number, more: Partial<RoleAssignmentDefinition> = {}): RoleAssignmentDefinition {
  return {
    kind: 'role-assignment',
    id: uuidOf(n),
    version: 1,
    ...common,
    principal: `user:${uuidOf(90)}`,
    role: 'Owner',
    scope: { kind: 'account' },
    ...more,
  };
}

const user = principalRef('user', uuidOf(90));

describe('look-ups', () => {
  it('find active definitions by id and by name, and nothing else', () => {
    for (const d of [defaultAccount(), registry(2, 'local'), scopeMap(1, 5)]) view.upsert(d);
    expect(view.account(account)?.name).toBe('default');
    expect(view.registry(uuidOf(2))?.name).toBe('local');
    expect(view.registryByName('local')?.id).toBe(uuidOf(2));
    expect(view.scopeMap(uuidOf(1))?.version).toBe(5);
    expect(view.scopeMapByName(registryId, 'map-1')?.id).toBe(uuidOf(1));
    expect(view.registryByName('other')).toBeNull();
    expect(view.scopeMapByName(uuidOf(3), 'map-1')).toBeNull();
    expect(view.scopeMap('__proto__')).toBeNull();
    expect(view.roleAssignmentsOf(user)).toEqual([]);
  });

  it('no longer find what was deleted', () => {
    const all: Definition[] = [defaultAccount(), registry(2, 'local'), scopeMap(1, 5), assignment(3)];
    for (const d of all) view.upsert(d);
    for (const d of all) view.upsert({ ...d, version: 9, status: 'deleted' });
    expect(view.account(account)).toBeNull();
    expect(view.registry(uuidOf(2))).toBeNull();
    expect(view.registryByName('local')).toBeNull();
    expect(view.scopeMap(uuidOf(1))).toBeNull();
    expect(view.scopeMapByName(registryId, 'map-1')).toBeNull();
    expect(view.roleAssignmentsOf(user)).toEqual([]);
  });

  it('a name leads to the thing that has it now, in whatever order the records of old and new come', () => {
    view.upsert(registry(2, 'local'));
    view.upsert(registry(3, 'local'));
    view.upsert(registry(2, 'local', { version: 2, status: 'deleted' }));
    expect(view.registryByName('local')?.id).toBe(uuidOf(3));
    view.upsert(scopeMap(1, 5, { name: 'shared' }));
    view.upsert(scopeMap(2, 6, { name: 'shared' }));
    view.upsert(scopeMap(1, 7, { name: 'shared', status: 'deleted' }));
    expect(view.scopeMapByName(registryId, 'shared')?.id).toBe(uuidOf(2));
  });

  it('a renamed thing is found by its new name only', () => {
    view.upsert(registry(2, 'old'));
    view.upsert(registry(2, 'new', { version: 2 }));
    expect(view.registryByName('old')).toBeNull();
    expect(view.registryByName('new')?.id).toBe(uuidOf(2));
  });
});

describe('decisions from the view', () => {
  const principal: Principal = { ref: user, account, groups: [], scopeMapId: null };
  const token: Principal = { ref: principalRef('token', uuidOf(91)), account, groups: [], scopeMapId: uuidOf(1) };
  const asked = { account, registryId: installation.registryId, repository: null } as const;

  it('change with each record of a scope map', () => {
    const mayPull = () =>
      decide(view, { ...asked, principal: token, action: 'content/read', repository: 'team/app' as never }).effect;
    expect(mayPull()).toBe('deny');
    view.upsert(scopeMap(1, 5));
    expect(mayPull()).toBe('allow');
    view.upsert(scopeMap(1, 6, { actions: ['repositories/team/other/content/read'] }));
    expect(mayPull()).toBe('deny');
  });

  it('change with each record of an assignment, also when it goes to somebody else', () => {
    const mayWrite = () => decide(view, { ...asked, principal, action: 'tokens/write' }).effect;
    view.upsert(assignment(3));
    view.upsert(assignment(4, { scope: { kind: 'registry', registryId } }));
    expect(mayWrite()).toBe('allow');
    expect(view.roleAssignmentsOf(user).map(({ id }) => id)).toEqual([uuidOf(3), uuidOf(4)]);
    view.upsert(assignment(3, { version: 2, principal: `user:${uuidOf(92)}` }));
    view.upsert(assignment(4, { version: 2, status: 'deleted' }));
    expect(mayWrite()).toBe('deny');
    expect(view.roleAssignmentsOf(principalRef('user', uuidOf(92)))).toHaveLength(1);
  });

  it('grant nothing from a state that cannot be decided from, not even what its older state granted', () => {
    view.upsert(scopeMap(1, 5));
    expect(() => view.upsert(scopeMap(1, 6, { actions: ['repositories/*/*/content/read'] }))).toThrow();
    expect(view.scopeMap(uuidOf(1))).toBeNull();
    view.upsert(assignment(3));
    const scope = { kind: 'repository', registryId, pattern: 'team/**' } as const;
    expect(() => view.upsert(assignment(3, { version: 2, scope }))).toThrow();
    expect(view.roleAssignmentsOf(user)).toEqual([]);
  });
});

describe('content policies', () => {
  const policies = (more: Partial<ContentPoliciesDefinition> = {}): ContentPoliciesDefinition => ({
    kind: 'content-policies',
    id: registryId,
    registryId,
    version: 1,
    ...common,
    quarantine: { isOn: true, releaseAfterHours: null },
    immutability: [],
    quota: { storageBytes: null, namespaces: [] },
    ...more,
  });

  it('are those of the registry, until they end', () => {
    expect(view.contentPoliciesOf(registryId)).toBeNull();
    view.upsert(policies());
    expect(view.contentPoliciesOf(registryId)).toMatchObject({ quarantine: { isOn: true } });
    view.upsert(policies({ version: 2, status: 'deleted' }));
    expect(view.contentPoliciesOf(registryId)).toBeNull();
  });

  it('that cannot be read are told apart from none, whether or not there were any before', () => {
    view.distrust('content-policies', registryId);
    expect(view.contentPoliciesOf(registryId)).toBe('unreadable');
    view.upsert(policies({ version: 2 }));
    expect(view.contentPoliciesOf(registryId)).toMatchObject({ version: 2 });
  });
});
