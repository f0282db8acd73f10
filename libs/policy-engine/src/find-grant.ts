import { patternCovers } from '@berth/access';
import { assignmentsNear } from './assignments-near.js';
import type { Allowed, DecisionRequest, DefinitionsView, GrantRef } from './decision.js';
import { legacyGrantsOf } from './legacy-grants.js';
import { deedOf, placeOf } from './place.js';
import type { Deed, Place } from './place.js';
import type { PrincipalRef } from './principal.js';
import { reaches } from './reach.js';
import { rolesWith } from './role.js';
import type { RoleAssignment } from './role-assignment.js';
import type { RoleDefinition } from './role-definition.js';
import { scopeContains } from './scope-containment.js';
import { isActiveIn, isHeldBy } from './validity.js';

/** The first role assignment, else the first access policy, else the account's past that grants what is asked; or null. */
export function findGrant(view: DefinitionsView, request: DecisionRequest): Allowed | null {
  const place = placeOf(view, request);
  const deed = deedOf(request);
  const refs = [request.principal.ref, ...request.principal.groups];
  const question = { place, deed };
  for (const ref of refs) {
    const found = findAssignment(view, question, ref);
    if (found !== null) return found;
  }
  for (const ref of refs) {
    const found = findPolicy(view, question, ref);
    if (found !== null) return found;
  }
  const legacy = legacyGrantsOf(view, request.principal, request.context?.atMs).find(
    ({ actions, reach }) => actions.has(deed.action) && reaches(reach, place, deed),
  );
  return legacy === undefined ? null : allow([legacy.by]);
}

/** What is asked, worked out once for all grants. */
export interface Question {
  readonly place: Place;
  readonly deed: Deed;
}

function findAssignment(view: DefinitionsView, question: Question, ref: PrincipalRef): Allowed | null {
  const { place, deed } = question;
  const builtIn = rolesWith(deed.action);
  const mayGrant = (role: string) =>
    builtIn.has(role) || view.roleDefinition?.(role)?.actions.has(deed.action) === true;
  for (const assignment of assignmentsNear(view.roleAssignmentsOf(ref), place, mayGrant)) {
    const { id, version, role } = assignment;
    if (!assignmentReaches(assignment, question) || !mayGrant(role)) continue;
    const isBuiltIn = builtIn.has(role);
    if (!isHeldBy(assignment, { ref, account: place.account })) continue;
    const by = { kind: 'role-assignment', id, version } as const;
    if (isBuiltIn) return allow([by]);
    const custom = customRoleOf(view, assignment);
    if (custom === null) continue;
    return allow([by, { kind: 'role-definition', id: custom.id, version: custom.version }]);
  }
  return null;
}

/** Whether an assignment goes as far as what is asked, by its scope and its condition, whatever its role. */
export function assignmentReaches({ scope, condition }: RoleAssignment, { place, deed }: Question): boolean {
  if (condition === undefined) return reaches(scope, place, deed);
  const { repository } = place;
  if (repository === null || deed.level !== 'repository') return false;
  /** A loop, because a decision looks at 1,000 assignments. */
  for (const pattern of condition.repositories) {
    if (patternCovers(pattern, repository)) return reaches(scope, place, deed);
  }
  return false;
}

/** The custom role of an assignment, or null: it must be of the same account and assignable at that scope still. */
export function customRoleOf(view: DefinitionsView, assignment: RoleAssignment): RoleDefinition | null {
  const role = view.roleDefinition?.(assignment.role) ?? null;
  if (role === null || !isActiveIn(role, assignment.account)) return null;
  return role.assignableScopes.some((outer) => scopeContains(view, outer, assignment)) ? role : null;
}

function findPolicy(view: DefinitionsView, { place, deed }: Question, ref: PrincipalRef): Allowed | null {
  if (view.accessPoliciesOf === undefined) return null;
  for (const policy of view.accessPoliciesOf(ref)) {
    if (!policy.actions.has(deed.action) || !reaches(policy.reach, place, deed)) continue;
    if (!isHeldBy(policy, { ref, account: place.account })) continue;
    return allow([{ kind: 'access-policy', id: policy.id, version: policy.version }]);
  }
  return null;
}

function allow([by, ...rest]: readonly [GrantRef, ...GrantRef[]]): Allowed {
  return { effect: 'allow', by, basis: [by, ...rest] };
}
