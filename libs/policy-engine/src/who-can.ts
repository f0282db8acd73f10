import type { AccessPolicy } from './access-policy.js';
import { decide } from './decide.js';
import type { DecisionRequest, DefinitionsView, GrantRef } from './decision.js';
import type { Question } from './find-grant.js';
import { grantReaches, grantsOf, ofAssignment, ofPolicies } from './grants-of.js';
import type { Grant } from './grants-of.js';
import { deedOf, placeOf } from './place.js';
import { principalKindOf, principalRef } from './principal.js';
import type { PrincipalRef } from './principal.js';
import { prohibitionsOf } from './prohibitions-of.js';
import type { RoleAssignment } from './role-assignment.js';
import type { ScopeMap } from './scope-map.js';
import { systemScopeMap, systemScopeMapId, systemScopeMaps } from './system-scope-map.js';

/** Everything there is of some kinds, for questions that start from no principal. Linear reads; not for decisions. */
export interface GrantDirectory {
  roleAssignmentsIn(account: string): Iterable<RoleAssignment>;
  accessPoliciesIn(account: string): Iterable<AccessPolicy>;
  scopeMapsIn(registryId: string): Iterable<ScopeMap>;
  /** Users, service IDs and workloads in a group, transitively. */
  membersOf(group: PrincipalRef): readonly PrincipalRef[];
  /** Users that the import of a legacy account brought. */
  importedUsersOf(account: string): readonly PrincipalRef[];
}

/** Somebody, or all tokens and devices of a scope map, who may do what is asked. */
export interface WhoCanItem {
  /** A principal, or `scope-map:<id>` for all tokens and fleets that have it and no owner who lacks the right. */
  readonly holder: PrincipalRef | `scope-map:${string}`;
  /** What grants it. */
  readonly by: GrantRef;
  /** Of the role or scope map, or the roles of the policy. */
  readonly name: string;
  /** The group through which it is held; null = directly. */
  readonly via: PrincipalRef | null;
}

/** One page, ascending by holder, each holder once. */
export interface WhoCanPage {
  readonly items: readonly WhoCanItem[];
  /** To ask for the next page `after`; null on the last. */
  readonly next: string | null;
  /** Forbids it to everybody, so that nobody is listed. */
  readonly prohibitedBy: GrantRef | null;
}

/** Which part of the answer; `limit` 1..1000, `after` exclusive, null = from the first. */
export interface PageRequest {
  readonly limit: number;
  readonly after: string | null;
}

/**
 * Who may do one thing, with the path by which they can. Says of every principal what `decide` says of it. Pure; no clock,
 * no I/O; linear in the account's assignments and policies, and in the registry's scope maps.
 *
 * @param view    a copy of the definitions, and a directory of them
 * @param request what is asked, without a principal
 * @throws nothing but what `view` throws
 */
export function whoCan(
  view: DefinitionsView & GrantDirectory,
  request: Omit<DecisionRequest, 'principal'>,
  { limit, after }: PageRequest,
): WhoCanPage {
  const [prohibition] = prohibitionsOf(view, { ...request, principal: anyToken(request, null) });
  if (prohibition !== undefined) {
    const { id, version } = prohibition;
    return { items: [], next: null, prohibitedBy: { kind: 'prohibition', id, version } };
  }
  const holders = new Map<string, WhoCanItem>();
  for (const item of [...byGrants(view, request), ...byLegacy(view, request), ...byScopeMaps(view, request)]) {
    const known = holders.get(item.holder);
    if (known === undefined || (known.via !== null && item.via === null)) holders.set(item.holder, item);
  }
  const sorted = [...holders.values()]
    .filter(({ holder }) => after === null || holder > after)
    .sort((one, other) => (one.holder < other.holder ? -1 : 1));
  const items = sorted.slice(0, limit);
  return { items, next: sorted.length > limit ? (items.at(-1)?.holder ?? null) : null, prohibitedBy: null };
}

type Asked = Omit<DecisionRequest, 'principal'>;
type View = DefinitionsView & GrantDirectory;

function byGrants(view: View, request: Asked): WhoCanItem[] {
  const question = questionOf(view, request);
  const { account, action } = request;
  const items: WhoCanItem[] = [];
  const add = (grants: readonly Grant[]) => {
    for (const grant of grants) {
      if (grant.actions.has(action) && grantReaches(grant, question)) items.push(...holdersOf(view, grant));
    }
  };
  for (const each of view.roleAssignmentsIn(account)) add(ofAssignment(view, each, { ref: each.principal, account }));
  for (const each of view.accessPoliciesIn(account)) add(ofPolicies([each], { ref: each.principal, account }));
  return items;
}

function holdersOf(view: View, { by, name, via: ref }: Grant): WhoCanItem[] {
  if (principalKindOf(ref) !== 'group') return isDecidedByGrants(ref) ? [{ holder: ref, by, name, via: null }] : [];
  return view
    .membersOf(ref)
    .filter(isDecidedByGrants)
    .map((holder) => ({ holder, by, name, via: ref }));
}

function isDecidedByGrants(ref: PrincipalRef): boolean {
  return ['user', 'service', 'workload'].includes(principalKindOf(ref));
}

function byLegacy(view: View, request: Asked): WhoCanItem[] {
  const { account, action, context } = request;
  const question = questionOf(view, request);
  return view.importedUsersOf(account).flatMap((ref) => {
    const user = { ref, account, groups: [], scopeMapId: null, isImported: true };
    const grant = grantsOf(view, user, context?.atMs).find(
      (each) => each.by.kind === 'enforcement' && each.actions.has(action) && grantReaches(each, question),
    );
    return grant === undefined ? [] : [{ holder: ref, by: grant.by, name: grant.name, via: null }];
  });
}

/** Tokens and nobody in particular are few kinds of holder, so that decisions themselves answer. */
function byScopeMaps(view: View, request: Asked): WhoCanItem[] {
  const { registryId, account } = request;
  if (registryId === null) return [];
  const system = [...systemScopeMaps.keys()].flatMap(
    (name) => systemScopeMap(systemScopeMapId(registryId, name), account) ?? [],
  );
  const tokens = [...system, ...view.scopeMapsIn(registryId)].flatMap(({ id, name }): WhoCanItem[] => {
    const decision = decide(view, { ...request, principal: anyToken(request, id) });
    return decision.effect === 'allow' ? [{ holder: `scope-map:${id}`, by: decision.by, name, via: null }] : [];
  });
  const anybody = { ref: principalRef('anonymous', account), account, groups: [], scopeMapId: null };
  const open = decide(view, { ...request, principal: anybody });
  if (open.effect === 'deny') return tokens;
  return [...tokens, { holder: anybody.ref, by: open.by, name: 'anonymous pull', via: null }];
}

function anyToken({ account }: Asked, scopeMapId: string | null) {
  return { ref: principalRef('token', 'any'), account, groups: [], scopeMapId };
}

function questionOf(view: View, request: Asked): Question {
  const asked = { ...request, principal: anyToken(request, null) };
  return { place: placeOf(view, asked), deed: deedOf(asked) };
}
