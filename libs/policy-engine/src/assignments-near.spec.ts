import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRepositoryPattern, type Action } from '@berth/access';
import { decide } from './decide.js';
import type { DecisionRequest } from './decision.js';
import { viewOfDefinitions } from './definitions.suite.js';
import { principalRef } from './principal.js';
import type { AssignmentScope, RoleAssignment } from './role-assignment.js';
import { indexRoleDefinition } from './role-definition.js';

const life = { account: 'default', version: 1, status: 'active' } as const;
const user = { ref: principalRef('user', 'u'), account: 'default', groups: [], scopeMapId: null };
const registries = ['r1', 'r2'].map((id) => ({ ...life, id, region: 'eu', resourceGroup: `group-${id}` }));
const namespaces = [{ ...life, id: 'n', registryId: 'r1', name: 'team', resourceGroup: 'group-team' }];
const roleDefinitions = [
  indexRoleDefinition({
    ...{ ...life, id: 'custom', name: 'Custom', actions: ['content/write'], notActions: [], dataActions: [] },
    ...{ notDataActions: [], assignableScopes: [{ kind: 'registry' as const, registryId: 'r1' }] },
  }),
];

const registryId = fc.constantFrom('r1', 'r2');
const pattern = fc
  .constantFrom('*', 'team', 'team/*', 'team/a', 'team/a/*', 'team/a/b', 'team-evil/a', 'other/a', 'other/*')
  .map(parseRepositoryPattern);
const scope: fc.Arbitrary<AssignmentScope> = fc.oneof(
  fc.record({ kind: fc.constant('registry' as const), registryId }),
  fc.record({ kind: fc.constant('namespace' as const), registryId, namespace: fc.constantFrom('team', 'other') }),
  fc.record({ kind: fc.constant('repository' as const), registryId, pattern }),
  fc.record({
    kind: fc.constant('resource-group' as const),
    resourceGroup: fc.constantFrom('group-r1', 'group-r2', 'group-team'),
  }),
  fc.constant({ kind: 'account' as const }),
);
const assignment = fc
  .record({
    scope,
    role: fc.constantFrom('AcrPull', 'AcrPush', 'AcrDelete', 'Reader', 'custom', 'nothing'),
    condition: fc.option(fc.record({ repositories: fc.array(pattern, { minLength: 1, maxLength: 3 }) })),
    account: fc.constantFrom('default', 'default', 'default', 'other'),
    status: fc.constantFrom('active' as const, 'active' as const, 'deleted' as const),
  })
  .map(({ condition, ...rest }) => ({ ...rest, ...(condition === null ? {} : { condition }) }));
const request: fc.Arbitrary<DecisionRequest> = fc.record({
  principal: fc.constant(user),
  action: fc.constantFrom<Action>('content/read', 'content/write', 'content/delete', 'tokens/read', 'registries/read'),
  account: fc.constant('default'),
  registryId: fc.option(registryId),
  repository: fc.option(pattern),
});

describe('a decision among many assignments', () => {
  it('is the one of the first assignment that would allow it alone', () => {
    const worlds = fc.array(assignment, { minLength: 32, maxLength: 60 });
    fc.assert(
      fc.property(worlds, request, (drawn, asked) => {
        const all = drawn.map((each, at): RoleAssignment => ({ ...life, id: `a${at}`, principal: user.ref, ...each }));
        const view = (roleAssignments: RoleAssignment[]) =>
          viewOfDefinitions({ registries, namespaces, roleDefinitions, roleAssignments });
        const alone = all.map((each) => decide(view([each]), asked)).find(({ effect }) => effect === 'allow');

        const together = decide(view(all), asked);

        expect(together.effect).toBe(alone?.effect ?? 'deny');
        if (together.effect === 'allow') expect(together.basis).toEqual(alone?.effect === 'allow' ? alone.basis : []);
      }),
      { numRuns: 1000 },
    );
  });
});
