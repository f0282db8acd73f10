import {
  installation,
  type Definition,
  type RoleAssignmentDefinition,
  type ScopeMapDefinition,
} from '@berth/contracts';
import { describe, expect, it } from 'vitest';
import { minimaOf, movesPlaces, takesAway } from './narrowing.js';

const common = {
  account: installation.accountId,
  version: 7,
  status: 'active',
  changedAt: '2026-01-01T00:00:00.000Z',
} as const;

const map: ScopeMapDefinition = {
  kind: 'scope-map',
  id: '01900000-0000-7000-8000-00000000000a',
  ...common,
  registryId: installation.registryId,
  name: 'readers',
  description: null,
  actions: ['repositories/team/*/content/read', 'repositories/team/app/content/write'],
};

const assignment: RoleAssignmentDefinition = {
  kind: 'role-assignment',
  id: '01900000-0000-7000-8000-00000000000b',
  ...common,
  principal: `user:${installation.adminUserId}`,
  role: 'Owner',
  scope: { kind: 'account' },
};

const known = <Data extends Definition>(data: Data) => ({ kind: 'known', data }) as const;
const none = { kind: 'none' } as const;

describe('takesAway', () => {
  it.each([
    ['a line is gone', { actions: ['repositories/team/*/content/read'] }],
    ['a prefix became one name', { actions: ['repositories/team/app/content/read', map.actions[1] ?? ''] }],
    ['all lines are gone', { actions: [] }],
    ['it is deleted', { status: 'deleted' as const }],
    ['a line can no longer be read', { actions: [...map.actions, 'repositories/team/app/future/right'] }],
  ])('is true of a scope map when %s', (_what, change) => {
    expect(takesAway(known(map), { ...map, ...change, version: 8 })).toBe(true);
  });

  it.each([
    ['a line is added', { actions: [...map.actions, 'repositories/other/content/read'] }],
    ['its lines are in another order', { actions: map.actions.toReversed() }],
    ['a line is said in other words', { actions: [...map.actions, 'repositories/team/sub/content/read'] }],
    ['only its description changed', { description: 'for readers' }],
  ])('is false of a scope map when %s', (_what, change) => {
    expect(takesAway(known(map), { ...map, ...change, version: 8 })).toBe(false);
  });

  it('is false of a definition that was not here before, or was deleted before', () => {
    expect(takesAway(none, map)).toBe(false);
    expect(takesAway(none, { ...map, status: 'deleted' })).toBe(false);
    expect(takesAway(known({ ...map, status: 'deleted' }), { ...map, version: 8 })).toBe(false);
  });

  it('is true of a definition whose state before cannot be read: it may have given anything', () => {
    for (const next of [map, { ...map, status: 'deleted' as const }, assignment]) {
      expect(takesAway({ kind: 'unreadable' }, next)).toBe(true);
    }
  });

  it.each([
    ['deleted', { status: 'deleted' as const }],
    ['given to somebody else', { principal: 'user:other' }],
    ['of another role', { role: 'Reader' }],
    ['bound to one registry', { scope: { kind: 'registry' as const, registryId: installation.registryId } }],
  ])('is true of an assignment that is %s', (_what, change) => {
    expect(takesAway(known(assignment), { ...assignment, ...change, version: 8 })).toBe(true);
  });

  it('is false of an assignment that is published again as it is', () => {
    expect(takesAway(known(assignment), { ...assignment, version: 8 })).toBe(false);
  });
});

const id = '01900000-0000-7000-8000-00000000000d';
const condition = { repository: 'team/*', cidrs: ['10.0.0.0/8'] };
const role: Definition = {
  ...{ kind: 'role-definition', id, ...common, name: 'Puller', description: null, notActions: [], notDataActions: [] },
  actions: ['Microsoft.ContainerRegistry/registries/pull/read', 'Microsoft.ContainerRegistry/registries/push/write'],
  ...{ dataActions: [], assignableScopes: [{ kind: 'account' }] },
};
const target = { serviceName: 'container-registry', serviceInstance: null, region: null, resourceType: null };
const policy: Definition = {
  ...{ kind: 'access-policy', id, ...common, subject: 'user:u', roles: ['Reader', 'Writer'] },
  target: { ...target, resource: null, resourceGroup: null, isForAllServices: false },
};
const enforcement: Definition = { kind: 'enforcement', id, ...common, region: 'eu-de', isEnforced: false };
const open: Definition = {
  ...{ kind: 'anonymous-access', id, ...common, registryId: installation.registryId, repositories: ['public/*', 'x'] },
};
const prohibition: Definition = {
  ...{ kind: 'prohibition', id, ...common, cause: 'lock', actions: null, exceptFrom: [] },
  scope: { kind: 'registry', registryId: installation.registryId },
};
const registry: Definition = {
  ...{ kind: 'registry', id, ...common, name: 'local', plan: 'standard', region: 'eu-de', resourceGroup: 'ci' },
};
const namespace: Definition = {
  ...{ kind: 'namespace', id, ...common, registryId: installation.registryId, name: 'team', resourceGroup: 'ci' },
};
const changed = (before: Definition, change: object) => takesAway(known(before), { ...before, ...change, version: 8 });

describe('takesAway, of what else grants', () => {
  it.each([
    ['a condition of a scope map is added', map, { conditions: [condition] }],
    ['a role has an action less', role, { actions: ['Microsoft.ContainerRegistry/registries/pull/read'] }],
    ['a role takes an action back', role, { notActions: ['pull'] }],
    [
      'a role is assignable in fewer places',
      role,
      { assignableScopes: [{ kind: 'resource-group', resourceGroup: 'ci' }] },
    ],
    ['a role can no longer be read', role, { actions: ['no/such/action'] }],
    ['a role is deleted', role, { status: 'deleted' }],
    ['a role is held on fewer repositories', assignment, { condition: { repositories: ['team/*'] } }],
    ['a policy has other roles', policy, { roles: ['Reader'] }],
    ['a policy is for somebody else', policy, { subject: 'user:v' }],
    ['a policy has a target of its own', policy, { target: { ...target, region: 'eu-de' } }],
    ['a policy is deleted', policy, { status: 'deleted' }],
    ['S4 enforcement is switched on', enforcement, { isEnforced: true }],
    ['fewer repositories are open to everybody', open, { repositories: ['public/app', 'x'] }],
    ['nothing is open to everybody any more', open, { repositories: [] }],
  ])('is true when %s', (_what, before, change) => {
    expect(changed(before, change)).toBe(true);
  });

  it.each([
    ['a role has an action more', role, { notActions: [], actions: [...role.actions, 'delete'] }],
    ['a role says its actions in other words', role, { actions: ['push', 'pull'] }],
    ['a role has another name', role, { name: 'Other' }],
    ['a policy is published again as it is', policy, {}],
    ['more repositories are open to everybody', open, { repositories: ['*'] }],
    ['a prohibition is added to', prohibition, { cause: 'disabled' }],
    ['a prohibition is lifted', prohibition, { status: 'deleted' }],
    ['a registry has another plan', registry, { plan: 'premium' }],
    ['a registry is deleted, which it says itself', registry, { status: 'deleted' }],
  ])('is false when %s', (_what, before, change) => {
    expect(changed(before, change)).toBe(false);
  });

  it('is false of conditions that only go', () => {
    expect(takesAway(known({ ...map, conditions: [condition] }), { ...map, version: 8 })).toBe(false);
  });

  it('is false of enforcement that was on already', () => {
    expect(changed({ ...enforcement, isEnforced: true }, { isEnforced: true })).toBe(false);
  });
});

describe('movesPlaces', () => {
  it.each([
    ['a registry is in another region', known(registry), { ...registry, region: 'us-south' }],
    ['a registry is in another resource group', known(registry), { ...registry, resourceGroup: 'other' }],
    ['a namespace gets a resource group of its own', none, namespace],
    [
      'a namespace of its own resource group is deleted',
      known(namespace),
      { ...namespace, status: 'deleted' as const },
    ],
    ['what a namespace was before can not be read', { kind: 'unreadable' } as const, namespace],
  ])('is true when %s', (_what, before, next) => {
    expect(movesPlaces(before, next)).toBe(true);
  });

  it.each([
    ['a registry is new', none, registry],
    ['a registry is deleted', known(registry), { ...registry, status: 'deleted' as const }],
    ['a namespace is in the group of its registry', none, { ...namespace, resourceGroup: null }],
    ['nothing changed', known(namespace), namespace],
    ['it is about something else', none, map],
  ])('is false when %s', (_what, before, next) => {
    expect(movesPlaces(before, next)).toBe(false);
  });
});

describe('minimaOf', () => {
  const at = { epoch: 40, nowMs: Date.UTC(2026, 0, 2) };
  const all = { account: installation.accountId, raisedAt: '2026-01-02T00:00:00.000Z' };
  const ofAccount = { ...all, subject: `account-definitions:${installation.accountId}`, version: 40 };

  it('asks for the version of the new state, and of the account for the epoch that has it', () => {
    expect(minimaOf({ previous: known(map), next: { ...map, actions: [], version: 8 } }, at)).toEqual([
      { ...all, subject: `scope-map:${map.id}`, version: 8 },
      ofAccount,
    ]);
  });

  it('raises the counter of places when something moved', () => {
    expect(minimaOf({ previous: none, next: namespace }, at)).toEqual([
      { ...all, subject: `account-places:${installation.accountId}`, version: 40 },
      ofAccount,
    ]);
  });

  it('raises nothing when nothing is taken away', () => {
    expect(minimaOf({ previous: none, next: map }, at)).toEqual([]);
  });
});
