import { everyRepository, isRepositoryScoped } from '@berth/access';
import type { Action, RepositoryPattern } from '@berth/access';
import { assertNever } from '@berth/errors';
import type { DefinitionsView } from './decision.js';
import { principalKindOf } from './principal.js';
import type { Principal } from './principal.js';
import { rolesWith } from './role.js';
import type { RoleAssignment } from './role-assignment.js';
import { isHeldBy, isValidIn } from './validity.js';

/** What is asked: the repositories of which registry, and what one must be able to do in them. */
export interface VisibilityRequest {
  /** Id of the account that owns the registry. */
  readonly account: string;
  readonly registryId: string;
  readonly action: Action;
}

/** The repositories of a registry, existing or not, on which a principal may do an action. */
export type VisiblePatterns =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'some';
      /** Repositories, ascending, none twice and none below a prefix; none at all = nothing is visible. */
      readonly names: readonly string[];
      /** Starts of names, each with its last `/` (`team/`), ascending, none below another. */
      readonly prefixes: readonly string[];
    };

/** Names and prefixes in one answer, at most. */
export const maxVisiblePatterns = 10_000;

const nothing: VisiblePatterns = { kind: 'some', names: [], prefixes: [] };

/**
 * On which repositories a principal may do one thing, as patterns that a query can filter by. Says of every name what
 * `decide` says of it: covered if and only if allowed. Pure; no clock, no I/O; linear in what the principal and its groups
 * hold.
 *
 * Beyond {@link maxVisiblePatterns} names are left out from the end: a list is then shorter than it might be, and shows
 * nothing that isn't allowed. A scope map never gets there.
 *
 * @param view a copy of the definitions, answering without waiting
 * @throws nothing but what `view` throws
 * @source Docker registry HTTP API "Listing Repositories"; OCI distribution-spec has no such list
 */
export function visiblePatterns(
  view: DefinitionsView,
  principal: Principal,
  request: VisibilityRequest,
): VisiblePatterns {
  if (principal.account !== request.account) return nothing;
  const kind = principalKindOf(principal.ref);
  switch (kind) {
    case 'token':
    case 'device':
      return condensed(patternsOfScopeMap(view, principal, request));
    case 'user':
    case 'service':
    case 'workload':
      return condensed(patternsOfRoles(view, principal, request));
    case 'group':
    case 'anonymous':
      return nothing;
    default:
      return assertNever(kind);
  }
}

function patternsOfScopeMap(
  view: DefinitionsView,
  { scopeMapId }: Principal,
  { action, ...place }: VisibilityRequest,
): readonly RepositoryPattern[] {
  const map = scopeMapId === null ? null : view.scopeMap(scopeMapId);
  if (map === null || !isValidIn(map, place)) return [];
  return map.lines.filter((line) => line.action === action).map(({ pattern }) => pattern);
}

function patternsOfRoles(
  view: DefinitionsView,
  { ref: own, groups }: Principal,
  request: VisibilityRequest,
): readonly RepositoryPattern[] {
  const roles = rolesWith(request.action);
  const { account } = request;
  return [own, ...groups].flatMap((ref) =>
    view
      .roleAssignmentsOf(ref)
      .filter((assignment) => roles.has(assignment.role) && isHeldBy(assignment, { ref, account }))
      .flatMap(({ scope }) => patternsOfScope(scope, request)),
  );
}

function patternsOfScope(
  scope: RoleAssignment['scope'],
  { registryId, action }: VisibilityRequest,
): readonly RepositoryPattern[] {
  switch (scope.kind) {
    case 'account':
      return [everyRepository];
    case 'registry':
      return scope.registryId === registryId ? [everyRepository] : [];
    case 'repository':
      return scope.registryId === registryId && isRepositoryScoped(action) ? [scope.pattern] : [];
    default:
      return assertNever(scope);
  }
}

/** Says the same with as few patterns as can be. */
function condensed(patterns: readonly RepositoryPattern[]): VisiblePatterns {
  if (patterns.includes(everyRepository)) return { kind: 'all' };
  const starts = new Set<string>();
  const exact = new Set<string>();
  for (const pattern of patterns) {
    if (pattern.endsWith('/*')) starts.add(pattern.slice(0, -1));
    else exact.add(pattern);
  }
  const outermost = (name: string) => !isBelow(name, starts);
  const prefixes = [...starts].filter(outermost).sort().slice(0, maxVisiblePatterns);
  const names = [...exact].filter(outermost).sort();
  return { kind: 'some', names: names.slice(0, maxVisiblePatterns - prefixes.length), prefixes };
}

/** Whether a name, or a prefix, lies below one of the prefixes: `team/app` and `team/sub/` below `team/`. */
function isBelow(name: string, prefixes: ReadonlySet<string>): boolean {
  for (let at = name.indexOf('/'); at !== -1 && at < name.length - 1; at = name.indexOf('/', at + 1)) {
    if (prefixes.has(name.slice(0, at + 1))) return true;
  }
  return false;
}
