import { actionLevelOf, everyRepository, namespaceOf, patternsOverlap, unmetBy } from '@berth/access';
import type { Action, RepositoryPattern } from '@berth/access';
import { coveredBy, cutDown } from './covered-patterns.js';
import type { CoveredPatterns } from './covered-patterns.js';
import type { DecisionContext, DefinitionsView } from './decision.js';
import { heldBy } from './grants-of.js';
import { principalKindOf } from './principal.js';
import type { Principal } from './principal.js';
import { prohibitionsOf } from './prohibitions-of.js';
import { systemScopeMap } from './system-scope-map.js';

/** What is asked: the repositories of which registry, and what one must be able to do in them. */
export interface VisibilityRequest {
  /** Id of the account that owns the registry. */
  readonly account: string;
  readonly registryId: string;
  readonly action: Action;
  /** As in a decision's request. */
  readonly context?: DecisionContext;
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
      /** If it is there: beside those, every repository whose first segment is none of these. */
      readonly allButNamespaces?: readonly string[];
    };

/** Names and prefixes in one answer, at most. */
export const maxVisiblePatterns = 10_000;

const nothing: VisiblePatterns = { kind: 'some', names: [], prefixes: [] };

/**
 * On which repositories a principal may do one thing, as patterns that a query can filter by. Says of every name what
 * `decide` says of it: covered if and only if allowed. Pure; no clock, no I/O; linear in what the principal and its groups
 * hold.
 *
 * It says less where patterns can't say it, and never more: beyond {@link maxVisiblePatterns} names are left out from the
 * end; a line of a scope map is left out when a condition is not met for part of it. A prohibition hides a registry as a whole, or nothing of it.
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
  if (principal.account !== request.account || isShut(view, principal, request)) return nothing;
  const covered = coveredFor(view, principal, request);
  if (principal.owner === undefined || !isDecidedByScopeMap(principal)) return condensed(covered);
  const { owner } = principal;
  if (owner.account !== request.account) return nothing;
  return condensed(commonTo(covered, coveredFor(view, owner, request)));
}

/** What shuts a part of a registry hides nothing of it. */
function isShut(view: DefinitionsView, principal: Principal, request: VisibilityRequest): boolean {
  return prohibitionsOf(view, { ...request, principal, repository: null }).some(
    ({ scope }) => scope.kind !== 'namespace' && scope.kind !== 'repository',
  );
}

function coveredFor(view: DefinitionsView, principal: Principal, request: VisibilityRequest): CoveredPatterns {
  const { action, registryId, account, context } = request;
  const question = { account, registryId, level: actionLevelOf(action) };
  const found = heldBy(view, principal, { registryId, atMs: context?.atMs })
    .filter(({ actions }) => actions.has(action))
    .map((grant) => coveredBy(view, grant, question));
  const exceptions = found.flatMap(({ allBut }) => (allBut === null ? [] : [allBut]));
  const patterns = found.flatMap((each) => each.patterns);
  const allowed = isDecidedByScopeMap(principal) ? withoutUnmet(view, patterns, { principal, request }) : patterns;
  return { patterns: allowed, allBut: exceptions[0] ?? null };
}

function isDecidedByScopeMap({ ref }: Principal): boolean {
  const kind = principalKindOf(ref);
  return kind === 'token' || kind === 'device';
}

function withoutUnmet(
  view: DefinitionsView,
  patterns: readonly RepositoryPattern[],
  { principal, request }: { readonly principal: Principal; readonly request: VisibilityRequest },
): readonly RepositoryPattern[] {
  const { scopeMapId, account } = principal;
  const map = scopeMapId === null ? null : (systemScopeMap(scopeMapId, account) ?? view.scopeMap(scopeMapId));
  const unmet = (map?.conditions ?? []).filter(
    ({ condition }) => unmetBy(condition, request.action, request.context ?? {}) !== null,
  );
  return patterns.filter((pattern) => !unmet.some((each) => patternsOverlap(each.pattern, pattern)));
}

/** What lies in both; where one goes on beyond the other, the narrower of the two. */
function commonTo(one: CoveredPatterns, other: CoveredPatterns): CoveredPatterns {
  const patterns = one.patterns.flatMap((pattern) => cutDown(pattern, other.patterns));
  const { allBut } = other;
  const outside = allBut === null ? [] : one.patterns.filter((pattern) => isOutside(pattern, allBut));
  return { patterns: [...patterns, ...outside], allBut: one.patterns.includes(everyRepository) ? allBut : null };
}

function isOutside(pattern: RepositoryPattern, namespaces: readonly string[]): boolean {
  return pattern !== everyRepository && !namespaces.includes(namespaceOf(pattern) ?? '');
}

/** Says the same with as few patterns as can be. */
function condensed({ patterns, allBut }: CoveredPatterns): VisiblePatterns {
  if (patterns.includes(everyRepository) || allBut?.length === 0) return { kind: 'all' };
  const starts = new Set<string>();
  const exact = new Set<string>();
  for (const pattern of patterns) {
    if (pattern.endsWith('/*')) starts.add(pattern.slice(0, -1));
    else exact.add(pattern);
  }
  const outermost = (name: string) => !isBelow(name, starts);
  const prefixes = [...starts].filter(outermost).sort().slice(0, maxVisiblePatterns);
  const names = [...exact].filter(outermost).sort();
  const some = { kind: 'some', names: names.slice(0, maxVisiblePatterns - prefixes.length), prefixes } as const;
  return allBut === null ? some : { ...some, allButNamespaces: allBut };
}

/** Whether a name, or a prefix, lies below one of the prefixes: `team/app` and `team/sub/` below `team/`. */
function isBelow(name: string, prefixes: ReadonlySet<string>): boolean {
  for (let at = name.indexOf('/'); at !== -1 && at < name.length - 1; at = name.indexOf('/', at + 1)) {
    if (prefixes.has(name.slice(0, at + 1))) return true;
  }
  return false;
}
