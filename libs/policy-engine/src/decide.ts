import { everyRepository, patternsOverlap, unmetBy } from '@berth/access';
import type { AccessCondition } from '@berth/access';
import { assertNever } from '@berth/errors';
import type { Allowed, Decision, DecisionRequest, DefinitionsView, Denied, GrantRef } from './decision.js';
import { deny, forbid } from './deny.js';
import { findGrant } from './find-grant.js';
import { deedOf, placeOf } from './place.js';
import { principalKindOf } from './principal.js';
import { prohibitionsOf } from './prohibitions-of.js';
import { reaches } from './reach.js';
import type { ScopeMap } from './scope-map.js';
import { systemScopeMap } from './system-scope-map.js';
import { isActiveIn, isValidIn } from './validity.js';

/**
 * Decides whether a principal may do one thing, from the definitions alone. Pure; no clock, no I/O. Deny by default; what
 * is granted adds up; a prohibition wins over every grant. Definitions of another account, deleted ones and unknown roles
 * never grant. A token or device has its scope map and nothing else, and never more than its owner if it has one; everybody
 * else has the role assignments and access policies of itself and its groups.
 *
 * Costs at most about 20 us with a scope map of 2,500 lines or with 1,000 assignments.
 *
 * @param view    a copy of the definitions, answering without waiting
 * @param request what is asked; a pattern (or null = all) as `repository` is allowed only if one grant covers all of it
 * @returns allow with the definition that granted (the first found, so the same copy always names the same), or deny
 *   with a reason that says what was needed
 * @throws nothing but what `view` throws
 * @source Azure Container Registry "Repository-scoped permissions" (scope maps) and "Roles and permissions"; IBM Cloud
 *   Container Registry "Managing IAM access"
 */
export function decide(view: DefinitionsView, request: DecisionRequest): Decision {
  const granted = decideByGrants(view, request);
  if (granted.effect === 'deny') return granted;
  const [prohibition] = prohibitionsOf(view, request);
  return prohibition === undefined ? granted : forbid(request, prohibition);
}

/**
 * Decides about several actions on the same thing, of which all are needed.
 *
 * @param actions at least one
 * @returns the first refusal; or the first action's grant, resting upon the definitions of them all
 */
export function decideAll(
  view: DefinitionsView,
  { actions, ...request }: Omit<DecisionRequest, 'action'> & { readonly actions: readonly DecisionRequest['action'][] },
): Decision {
  const decisions = actions.map((action) => decide(view, { ...request, action }));
  const refusal = decisions.find((decision) => decision.effect === 'deny');
  if (refusal !== undefined) return refusal;
  const allowed = decisions.filter((decision) => decision.effect === 'allow');
  const [first] = allowed;
  if (first === undefined) return { effect: 'deny', reason: 'no-role-assignment', message: 'nothing is asked' };
  const when = allowed.flatMap((each) => each.when ?? []);
  return { ...first, basis: distinct(allowed.flatMap(({ basis }) => basis)), ...(when.length > 0 && { when }) };
}

function decideByGrants(view: DefinitionsView, request: DecisionRequest): Decision {
  const { principal, account } = request;
  if (principal.account !== account) return deny(request, 'other-account');
  const kind = principalKindOf(principal.ref);
  switch (kind) {
    case 'token':
    case 'device':
      return decideByScopeMap(view, request);
    case 'user':
    case 'service':
    case 'workload':
      return findGrant(view, request) ?? deny(request, 'no-role-assignment');
    case 'anonymous':
      return decideForAnybody(view, request);
    case 'group':
      return deny(request, 'kind-holds-nothing');
    default:
      return assertNever(kind);
  }
}

function decideByScopeMap(view: DefinitionsView, request: DecisionRequest): Decision {
  const { principal, account, action, registryId, repository } = request;
  if (principal.scopeMapId === null) return deny(request, 'no-scope-map');
  const map = systemScopeMap(principal.scopeMapId, account) ?? view.scopeMap(principal.scopeMapId);
  if (map === null || !isValidIn(map, { account, registryId })) {
    return deny(request, 'scope-map-not-valid-here');
  }
  if (!map.index.covers({ pattern: repository ?? everyRepository, action })) {
    return deny(request, 'scope-map-lacks-action', map.name);
  }
  const by: GrantRef = { kind: 'scope-map', id: map.id, version: map.version };
  const allowed = underConditions(map, request, { effect: 'allow', by, basis: [by] });
  return allowed.effect === 'deny' ? allowed : withOwner(view, request, allowed);
}

/** Every condition on a repository that is asked for binds, whichever line grants. */
function underConditions({ conditions }: ScopeMap, request: DecisionRequest, allowed: Allowed): Decision {
  if (conditions.length === 0) return allowed;
  const { action, repository, context = {} } = request;
  const when = conditions
    .filter(({ pattern }) => patternsOverlap(pattern, repository ?? everyRepository))
    .map(({ condition }) => condition);
  for (const condition of when) {
    const unmet = unmetBy(bindingNow(condition, request), action, context);
    if (unmet !== null) return deny(request, 'condition-not-met', unmet);
  }
  return context.carriesConditions === true && when.length > 0 ? { ...allowed, when } : allowed;
}

/** What is carried along is checked at its use; until then only what is known already can refuse. */
function bindingNow(condition: AccessCondition, { context = {} }: DecisionRequest): AccessCondition {
  if (context.carriesConditions !== true) return condition;
  return {
    ...condition,
    ...(context.tags === undefined && { tags: null }),
    ...(context.address === undefined && { networks: null }),
    ...(context.movesTag === undefined && { isCreateOnly: false }),
  };
}

/** A token that is somebody's own gives what they hold themselves, at each decision anew. */
function withOwner(view: DefinitionsView, request: DecisionRequest, allowed: Allowed): Allowed | Denied {
  const { owner } = request.principal;
  if (owner === undefined) return allowed;
  const ofOwner = decideByGrants(view, { ...request, principal: owner });
  if (ofOwner.effect === 'deny') return deny(request, 'owner-lacks-action');
  return { ...allowed, basis: [...allowed.basis, ...ofOwner.basis] };
}

/** Nobody in particular may pull what a registry opens to everybody, and nothing else. */
function decideForAnybody(view: DefinitionsView, request: DecisionRequest): Decision {
  const { account, registryId, action } = request;
  const open = registryId === null ? null : (view.anonymousAccessOf?.(registryId) ?? null);
  if (open === null || action !== 'content/read' || !isActiveIn(open, account) || open.registryId !== registryId) {
    return deny(request, 'kind-holds-nothing');
  }
  const place = placeOf(view, request);
  const isOpen = open.repositories.some((pattern) =>
    reaches({ kind: 'repository', registryId: open.registryId, pattern }, place, deedOf(request)),
  );
  if (!isOpen) return deny(request, 'kind-holds-nothing');
  const by: GrantRef = { kind: 'anonymous-access', id: open.id, version: open.version };
  return { effect: 'allow', by, basis: [by] };
}

function distinct(refs: readonly GrantRef[]): GrantRef[] {
  return [...new Map(refs.map((ref) => [`${ref.kind}:${ref.id}`, ref])).values()];
}
