import { patternCovers } from '@berth/access';
import type { Action, RepositoryPattern } from '@berth/access';
import { assertNever } from '@berth/errors';
import type { AccessPolicy } from './access-policy.js';
import type { DefinitionsView, GrantRef } from './decision.js';
import { legacyGrantsOf } from './legacy-grants.js';
import { customRoleOf } from './find-grant.js';
import type { Question } from './find-grant.js';
import { principalKindOf } from './principal.js';
import type { Principal, PrincipalRef } from './principal.js';
import { reaches } from './reach.js';
import type { Reach } from './reach.js';
import { builtInRoles } from './role.js';
import type { RoleAssignment } from './role-assignment.js';
import { systemScopeMap } from './system-scope-map.js';
import { isActiveIn, isHeldBy, isValidIn } from './validity.js';

/** One definition that grants, in the words that all kinds share. */
export interface Grant {
  readonly by: GrantRef;
  /** The principal itself, or the group through which it holds the grant. */
  readonly via: PrincipalRef;
  /** A role's or scope map's name, or the roles of a policy. */
  readonly name: string;
  readonly actions: ReadonlySet<Action>;
  readonly reach: Reach;
  /** null = all that it reaches. */
  readonly repositories: readonly RepositoryPattern[] | null;
}

/**
 * All that is granted to a user, service ID or workload by role assignments, access policies and its account's past, in
 * the order in which decisions look. What grants nothing is not among it.
 */
export function grantsOf(view: DefinitionsView, principal: Principal, atMs?: number): readonly Grant[] {
  const { ref: own, groups, account } = principal;
  const refs = [own, ...groups];
  return [
    ...refs.flatMap((ref) => view.roleAssignmentsOf(ref).flatMap((each) => ofAssignment(view, each, { ref, account }))),
    ...refs.flatMap((ref) => ofPolicies(view.accessPoliciesOf?.(ref) ?? [], { ref, account })),
    ...legacyGrantsOf(view, principal, atMs).map(({ by, actions, reach }) => ({
      ...{ by, actions, reach, via: own, repositories: null },
      name: 'enforcement is off',
    })),
  ];
}

/**
 * What the scope map of a token or device grants, one grant for each line; none where it is not valid. With an owner it
 * says nothing about what that holds.
 */
export function linesOf(view: DefinitionsView, { ref, account, scopeMapId }: Principal): readonly Grant[] {
  if (scopeMapId === null) return [];
  const map = systemScopeMap(scopeMapId, account) ?? view.scopeMap(scopeMapId);
  if (map === null || !isValidIn(map, { account, registryId: map.registryId })) return [];
  const by = { kind: 'scope-map', id: map.id, version: map.version } as const;
  return map.lines.map(({ pattern, action }) => ({
    ...{ by, via: ref, name: map.name, repositories: null },
    actions: new Set([action]),
    reach: { kind: 'repository', registryId: map.registryId, pattern },
  }));
}

/** What anybody holds without a credential. */
export function openTo(view: DefinitionsView, { ref, account }: Principal, registryId: string): readonly Grant[] {
  const open = view.anonymousAccessOf?.(registryId) ?? null;
  if (open === null || open.registryId !== registryId || !isActiveIn(open, account)) return [];
  const by = { kind: 'anonymous-access', id: open.id, version: open.version } as const;
  return open.repositories.map((pattern) => ({
    ...{ by, via: ref, name: 'anonymous pull', repositories: null },
    actions: new Set<Action>(['content/read']),
    reach: { kind: 'repository', registryId, pattern },
  }));
}

/** Everything that a principal of any kind holds, but for what the owner of a token takes away. */
export function heldBy(
  view: DefinitionsView,
  principal: Principal,
  { registryId, atMs }: { readonly registryId: string | null; readonly atMs?: number | undefined },
): readonly Grant[] {
  const kind = principalKindOf(principal.ref);
  switch (kind) {
    case 'token':
    case 'device':
      return linesOf(view, principal);
    case 'user':
    case 'service':
    case 'workload':
      return grantsOf(view, principal, atMs);
    case 'anonymous':
      return registryId === null ? [] : openTo(view, principal, registryId);
    case 'group':
      return [];
    default:
      return assertNever(kind);
  }
}

/** Whose grants are looked at: a principal or a group. */
export interface Holder {
  readonly ref: PrincipalRef;
  readonly account: string;
}

/** What one assignment grants: nothing when it is not this holder's, or its role unknown, or not assignable there. */
export function ofAssignment(view: DefinitionsView, assignment: RoleAssignment, holder: Holder): readonly Grant[] {
  if (!isHeldBy(assignment, holder)) return [];
  const { id, version, role, scope, condition } = assignment;
  const custom = builtInRoles.has(role) ? null : customRoleOf(view, assignment);
  const actions = builtInRoles.get(role) ?? custom?.actions;
  if (actions === undefined) return [];
  const by = { kind: 'role-assignment', id, version } as const;
  const repositories = condition?.repositories ?? null;
  return [{ by, via: holder.ref, name: custom?.name ?? role, actions, reach: scope, repositories }];
}

/** What each access policy of a holder grants; those that mean nothing here are left out. */
export function ofPolicies(policies: readonly AccessPolicy[], holder: Holder): Grant[] {
  return policies
    .filter((policy) => policy.actions.size > 0 && isHeldBy(policy, holder))
    .map(({ id, version, actions, reach, roles }) => ({
      by: { kind: 'access-policy', id, version },
      ...{ via: holder.ref, name: roles.join(' and '), actions, reach, repositories: null },
    }));
}

/** Whether a grant goes as far as what is asked, by its reach and its condition, whatever its actions. */
export function grantReaches({ reach, repositories }: Grant, { place, deed }: Question): boolean {
  if (!reaches(reach, place, deed)) return false;
  if (repositories === null) return true;
  const { repository } = place;
  if (repository === null || deed.level !== 'repository') return false;
  return repositories.some((pattern) => patternCovers(pattern, repository));
}
