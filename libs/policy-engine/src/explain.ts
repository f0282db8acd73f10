import { everyRepository, formatActionLine, isScopeMapAction } from '@berth/access';
import { decide } from './decide.js';
import type { Decision, DecisionRequest, DefinitionsView, GrantRef } from './decision.js';
import { needed } from './deny.js';
import { describeReach } from './describe-reach.js';
import { grantReaches, heldBy } from './grants-of.js';
import type { Grant } from './grants-of.js';
import { deedOf, placeOf } from './place.js';
import type { PrincipalRef } from './principal.js';
import { builtInRoles } from './role.js';
import { systemScopeMap } from './system-scope-map.js';

/** What became of one definition that a principal holds. */
export interface Considered {
  readonly ref: GrantRef;
  /** The principal itself, or the group through which it holds this. */
  readonly via: PrincipalRef;
  readonly name: string;
  /** Where it holds, in words; the first places of a scope map. */
  readonly where: string;
  readonly outcome: 'grants' | 'grants-elsewhere' | 'lacks-action' | 'lacks-both' | 'grants-nothing';
}

/** The smallest change that would allow what is denied. Whether anybody may make it is another question. */
export type NearestFix =
  | { readonly kind: 'add-line'; readonly scopeMapId: string; readonly line: string; readonly message: string }
  | { readonly kind: 'assign-role'; readonly role: string; readonly message: string }
  | { readonly kind: 'meet-condition'; readonly message: string }
  | { readonly kind: 'lift-prohibition'; readonly ref: GrantRef; readonly message: string };

/** A decision with what led to it. */
export interface Explanation {
  readonly decision: Decision;
  /** What was asked, in words: "content/write on factory/sensor". */
  readonly needs: string;
  /** What is missing, in one sentence; null when allowed. */
  readonly missing: string | null;
  /** What was looked at, what comes nearest first; at most {@link maxConsidered}. */
  readonly considered: readonly Considered[];
  /** null when allowed, or when no change of definitions helps. */
  readonly nearest: NearestFix | null;
}

/** Definitions named in one explanation, at most. */
export const maxConsidered = 100;

/**
 * Decides, and says why: what was considered, what is missing, and the nearest fix. Names only what the principal itself
 * or its groups hold. Pure; no clock, no I/O; linear in what the principal holds.
 *
 * @param view a copy of the definitions, answering without waiting
 * @throws nothing but what `view` throws
 */
export function explain(view: DefinitionsView, request: DecisionRequest): Explanation {
  const decision = decide(view, request);
  const considered = request.principal.account === request.account ? consideredFor(view, request) : [];
  const needs = needed(request);
  return {
    decision,
    needs,
    missing: decision.effect === 'allow' ? null : missingIn(needs, decision.message, considered),
    considered: considered.slice(0, maxConsidered),
    nearest: decision.effect === 'allow' ? null : nearestFix(view, request, decision),
  };
}

const order = ['grants', 'grants-elsewhere', 'lacks-action', 'lacks-both', 'grants-nothing'] as const;

function consideredFor(view: DefinitionsView, request: DecisionRequest): Considered[] {
  const { principal, registryId, action, context } = request;
  const question = { place: placeOf(view, request), deed: deedOf(request) };
  const best = new Map<string, Considered>();
  const note = (each: Considered) => {
    const key = `${each.via} ${each.ref.kind}:${each.ref.id}`;
    const known = best.get(key);
    if (known === undefined || order.indexOf(each.outcome) < order.indexOf(known.outcome)) best.set(key, each);
  };
  for (const grant of heldBy(view, principal, { registryId, atMs: context?.atMs })) {
    note(consideration(grant, outcomeOf(grant.actions.has(action), grantReaches(grant, question))));
  }
  for (const each of withoutEffect(view, request)) {
    if (!best.has(`${each.via} ${each.ref.kind}:${each.ref.id}`)) note(each);
  }
  return [...best.values()].sort((one, other) => order.indexOf(one.outcome) - order.indexOf(other.outcome));
}

function outcomeOf(hasAction: boolean, isHere: boolean): Considered['outcome'] {
  if (hasAction) return isHere ? 'grants' : 'grants-elsewhere';
  return isHere ? 'lacks-action' : 'lacks-both';
}

function consideration({ by, via, name, reach, repositories }: Grant, outcome: Considered['outcome']): Considered {
  return { ref: by, via, name, where: describeReach(reach, repositories), outcome };
}

/** What stands in the principal's name and gives nothing: an unknown role, a policy on another service, a deletion. */
function withoutEffect(view: DefinitionsView, { principal }: DecisionRequest): Considered[] {
  return [principal.ref, ...principal.groups].flatMap((via) => [
    ...view.roleAssignmentsOf(via).map(({ id, version, role, scope, condition }): Considered => ({
      ref: { kind: 'role-assignment', id, version },
      ...{ via, name: role, where: describeReach(scope, condition?.repositories ?? null) },
      outcome: 'grants-nothing',
    })),
    ...(view.accessPoliciesOf?.(via) ?? []).map(({ id, version, roles, reach }): Considered => ({
      ref: { kind: 'access-policy', id, version },
      ...{ via, name: roles.join(' and '), where: describeReach(reach, null) },
      outcome: 'grants-nothing',
    })),
  ]);
}

function missingIn(needs: string, message: string, considered: readonly Considered[]): string {
  const elsewhere = considered.find(({ outcome }) => outcome === 'grants-elsewhere');
  if (elsewhere === undefined) return message;
  const kind = elsewhere.ref.kind.replaceAll('-', ' ');
  return `needs ${needs}; ${kind} ${elsewhere.name} grants it on ${elsewhere.where}`;
}

function nearestFix(
  view: DefinitionsView,
  request: DecisionRequest,
  decision: Extract<Decision, { effect: 'deny' }>,
): NearestFix | null {
  switch (decision.reason) {
    case 'prohibited':
      if (decision.by === undefined) return null;
      return { kind: 'lift-prohibition', ref: decision.by, message: decision.message };
    case 'condition-not-met':
      return { kind: 'meet-condition', message: decision.message };
    case 'scope-map-lacks-action':
      return lineToAdd(view, request);
    case 'no-role-assignment':
    case 'owner-lacks-action':
      return roleToAssign(request);
    default:
      return null;
  }
}

function lineToAdd(
  view: DefinitionsView,
  { principal, account, action, repository }: DecisionRequest,
): NearestFix | null {
  const { scopeMapId } = principal;
  if (scopeMapId === null || !isScopeMapAction(action) || systemScopeMap(scopeMapId, account) !== null) return null;
  const map = view.scopeMap(scopeMapId);
  if (map === null) return null;
  const line = formatActionLine({ pattern: repository ?? everyRepository, action });
  return { kind: 'add-line', scopeMapId: map.id, line, message: `scope map ${map.name} would need ${line}` };
}

/** The role that gives the least beside what is asked. */
function roleToAssign(request: DecisionRequest): NearestFix | null {
  const [smallest] = [...builtInRoles]
    .filter(([, actions]) => actions.has(request.action))
    .sort(([, one], [, other]) => one.size - other.size);
  if (smallest === undefined) return null;
  const [role] = smallest;
  return { kind: 'assign-role', role, message: `the role ${role} has it; needs ${needed(request)}` };
}
