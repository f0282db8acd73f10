import { describe, expect, it } from 'vitest';
import { parseRepositoryPattern } from '@berth/access';
import { indexAccessPolicy } from './access-policy.js';
import { decide } from './decide.js';
import type { DecisionRequest } from './decision.js';
import { viewOfDefinitions } from './definitions.suite.js';
import type { Definitions } from './definitions.suite.js';
import { principalRef } from './principal.js';
import type { AssignmentScope, RoleAssignment } from './role-assignment.js';
import { indexRoleDefinition } from './role-definition.js';
import { indexScopeMap } from './scope-map.js';

const life = { account: 'default', version: 1, status: 'active' } as const;
const user = { ref: principalRef('user', 'u'), account: 'default', groups: [], scopeMapId: null };
const token = { ref: principalRef('token', 't'), account: 'default', groups: [], scopeMapId: 'map' };
const registries = [{ ...life, id: 'local', region: 'eu', resourceGroup: 'main' }];
const thousand = <T>(make: (at: number) => T) => Array.from({ length: 1000 }, (_, at) => make(at));

const actions = ['content/read', 'content/write', 'content/delete', 'metadata/read', 'metadata/write'];
const scopeMap = indexScopeMap({
  ...{ ...life, id: 'map', registryId: 'local', name: 'map' },
  actions: Array.from({ length: 500 }, (_, at) =>
    actions.map((action) => `repositories/team-${at}/app/${action}`),
  ).flat(),
});
const custom = indexRoleDefinition({
  ...{ ...life, id: 'custom', name: 'Custom', actions: ['content/write'], notActions: [], dataActions: [] },
  ...{ notDataActions: [], assignableScopes: [{ kind: 'account' }] },
});

const assignments = (scope: (at: number) => AssignmentScope, role: string, more: Partial<RoleAssignment> = {}) =>
  thousand((at): RoleAssignment => ({ ...life, id: `a${at}`, principal: user.ref, role, scope: scope(at), ...more }));
const repository = (at: number): AssignmentScope => ({
  kind: 'repository',
  registryId: 'local',
  pattern: parseRepositoryPattern(`team/of-all/app-${at}`),
});
const policies = thousand((at) =>
  indexAccessPolicy({
    ...{ ...life, id: `p${at}`, subject: user.ref, roles: ['Reader', 'Writer'] },
    target: {
      ...{ serviceName: 'container-registry', serviceInstance: null, region: 'eu', resourceType: 'namespace' },
      ...{ resource: `team-${at}`, resourceGroup: null, isForAllServices: false },
    },
  }),
);

/** CPU microseconds of one decision, the best of five rounds, because the machine has other things to do as well. */
function costOf(definitions: Partial<Definitions>, principal: DecisionRequest['principal']): number {
  const view = viewOfDefinitions({ registries, ...definitions });
  const request = {
    ...({ principal, action: 'content/read', account: 'default', registryId: 'local' } as const),
    repository: parseRepositoryPattern('team/of-all/app'),
  };
  expect(decide(view, request).effect).toBe('deny');
  const rounds = Array.from({ length: 5 }, () => {
    const before = process.threadCpuUsage();
    for (let at = 0; at < 500; at += 1) decide(view, request);
    const used = process.threadCpuUsage(before);
    return (used.user + used.system) / 500;
  });
  return Math.min(...rounds);
}

describe('the cost of a decision', () => {
  it.each<[string, Partial<Definitions>, DecisionRequest['principal']]>([
    ['a scope map of 500 repositories and 2,500 lines', { scopeMaps: [scopeMap] }, token],
    ['1,000 assignments to repositories', { roleAssignments: assignments(repository, 'Owner') }, user],
    [
      '1,000 assignments of another role to the registry',
      { roleAssignments: assignments(() => ({ kind: 'registry', registryId: 'local' }), 'AcrDelete') },
      user,
    ],
    [
      '1,000 assignments of a custom role to the registry',
      {
        roleDefinitions: [custom],
        roleAssignments: assignments(() => ({ kind: 'registry', registryId: 'local' }), 'custom'),
      },
      user,
    ],
    [
      '1,000 assignments under a condition',
      {
        roleAssignments: assignments(() => ({ kind: 'account' }), 'AcrPull', {
          condition: { repositories: [parseRepositoryPattern('team/x/*'), parseRepositoryPattern('b')] },
        }),
      },
      user,
    ],
    ['1,000 access policies', { accessPolicies: policies }, user],
  ])('is tens of microseconds, not hundreds, with %s', (_, definitions, principal) => {
    const us = costOf(definitions, principal);

    // About 20 us on a machine that does nothing else; several times that where all cores are taken.
    expect(us).toBeLessThan(200);
  });
});
