import { narrows, parseActionLine, parseRepositoryPattern, patternCovers } from '@berth/access';
import { definitionKey, type Definition, type Minimum } from '@berth/contracts';
import type { PreviousState } from '@berth/definitions';
import { assertNever, isAppError } from '@berth/errors';
import { conditionsNarrow } from '@berth/policy-engine';
import { accountCounters } from './account-counters.js';
import { narrowsRole } from './role-narrowing.js';

/** A definition's state and the one that it replaces. */
export interface DefinitionChange {
  readonly previous: PreviousState<Definition>;
  readonly next: Definition;
}

/**
 * Whether replacing one state of a definition by the next takes something away from somebody who was granted it by this
 * definition: only then are the tokens that name it refused. A definition that wasn't here before took part in no decision;
 * one that can't be read any more may have given anything. What no token names takes nothing away here: where registries
 * and namespaces are has a counter of its own ({@link movesPlaces}), and a prohibition is obeyed where it is used; that of an account's
 * deletion ends its callers besides ({@link endsAccount}).
 */
export function takesAway(before: PreviousState<Definition>, next: Definition): boolean {
  if (!grants(next)) return false;
  if (before.kind !== 'known') return before.kind === 'unreadable';
  const previous = before.data;
  if (previous.status === 'deleted') return false;
  return next.status === 'deleted' || unlessUnreadable(() => givesLess(previous, next));
}

/**
 * Whether a registry is in another region or resource group from now on, or a namespace in another resource group. One that
 * was not made known yet had the group of its registry.
 */
export function movesPlaces(before: PreviousState<Definition>, next: Definition): boolean {
  if (next.kind !== 'registry' && next.kind !== 'namespace') return false;
  if (before.kind === 'unreadable') return true;
  const previous = before.kind === 'known' && before.data.status === 'active' ? before.data : null;
  if (next.kind === 'namespace') {
    const ownGroup = previous?.kind === 'namespace' ? previous.resourceGroup : null;
    return ownGroup !== (next.status === 'active' ? next.resourceGroup : null);
  }
  if (previous?.kind !== 'registry' || next.status === 'deleted') return false;
  return previous.region !== next.region || previous.resourceGroup !== next.resourceGroup;
}

/** Whether an account is being deleted from now on: nobody of it is a caller any more. */
export function endsAccount(next: Definition): boolean {
  if (next.kind !== 'prohibition' || next.status === 'deleted') return false;
  return next.cause === 'deleting' && next.scope.kind === 'account';
}

/** Whether a change raises any minimum. */
export function isNarrowing({ previous, next }: DefinitionChange): boolean {
  return takesAway(previous, next) || movesPlaces(previous, next) || endsAccount(next);
}

/**
 * The minima that a definition's new state raises: of itself, and of its account or the account's counters.
 *
 * @param at epoch = that of the copy with the new state in it
 */
export function minimaOf(
  { previous, next }: DefinitionChange,
  at: { readonly epoch: number; readonly nowMs: number },
): Minimum[] {
  const isNarrower = takesAway(previous, next);
  const isMoved = movesPlaces(previous, next);
  const { account } = next;
  const common = { account, raisedAt: new Date(at.nowMs).toISOString() };
  const ofAccount = { ...common, subject: definitionKey({ kind: 'account', id: account }), version: next.version };
  return [
    ...(endsAccount(next) ? [ofAccount] : []),
    ...(isNarrower ? [{ ...common, subject: definitionKey(next), version: next.version }] : []),
    ...(isMoved ? [{ ...common, subject: accountCounters.places(account), version: at.epoch }] : []),
    ...(isNarrower || isMoved ? [{ ...common, subject: accountCounters.definitions(account), version: at.epoch }] : []),
  ];
}

const nothingGranted: ReadonlySet<Definition['kind']> = new Set<Definition['kind']>([
  'account',
  'registry',
  'namespace',
  'prohibition',
  'content-policies',
]);

/** Whether tokens name definitions of this kind as what granted. */
function grants({ kind }: Definition): boolean {
  return !nothingGranted.has(kind);
}

function givesLess(previous: Definition, next: Definition): boolean {
  switch (next.kind) {
    case 'scope-map': {
      if (previous.kind !== 'scope-map') return true;
      const { conditions: after = [] } = next;
      return narrowsLines(previous.actions, next.actions) || conditionsNarrow(previous.conditions ?? [], after);
    }
    case 'role-assignment':
      return (
        previous.kind !== 'role-assignment' || isOther(previous, next, ['principal', 'role', 'scope', 'condition'])
      );
    case 'role-definition':
      return previous.kind !== 'role-definition' || narrowsRole(previous, next);
    case 'access-policy':
      return previous.kind !== 'access-policy' || isOther(previous, next, ['subject', 'roles', 'target']);
    case 'enforcement':
      if (previous.kind !== 'enforcement') return true;
      return !previous.isEnforced && (next.isEnforced || previous.region !== next.region);
    case 'anonymous-access':
      return previous.kind !== 'anonymous-access' || narrowsPatterns(previous.repositories, next.repositories);
    case 'account':
    case 'registry':
    case 'namespace':
    case 'prohibition':
    case 'content-policies':
      return false;
    default:
      return assertNever(next);
  }
}

/** What can't be read here grants nothing here, so it may well give less than before. */
function unlessUnreadable(isLess: () => boolean): boolean {
  try {
    return isLess();
  } catch (e) {
    if (isAppError(e) && e.kind === 'malformed') return true;
    throw e;
  }
}

function narrowsLines(before: readonly string[], after: readonly string[]): boolean {
  return narrows(before.map(parseActionLine), after.map(parseActionLine));
}

function narrowsPatterns(before: readonly string[], after: readonly string[]): boolean {
  const left = after.map(parseRepositoryPattern);
  return before.map(parseRepositoryPattern).some((each) => !left.some((pattern) => patternCovers(pattern, each)));
}

/** Whether one of the parts differs. Records of a kind are written in one order, so equal ones are equal as text. */
function isOther<D extends Definition>(previous: D, next: D, parts: readonly (keyof D)[]): boolean {
  return parts.some((part) => JSON.stringify(previous[part]) !== JSON.stringify(next[part]));
}
