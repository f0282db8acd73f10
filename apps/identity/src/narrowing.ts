import { narrows, parseActionLine } from '@berth/access';
import { assertNever, isAppError } from '@berth/errors';
import { definitionKey, type Definition, type Minimum } from '@berth/contracts';
import type { PreviousState } from '@berth/definitions';

/**
 * Whether replacing one state of a definition by the next takes something away from somebody: only then are the tokens
 * that were decided from it refused. A definition that wasn't here before took part in no decision; one that can't be read
 * any more may have given anything.
 */
export function takesAway(before: PreviousState<Definition>, next: Definition): boolean {
  if (before.kind !== 'known') return before.kind === 'unreadable';
  const previous = before.data;
  if (previous.status === 'deleted') return false;
  if (next.status === 'deleted') return true;
  switch (next.kind) {
    case 'scope-map':
      return previous.kind !== 'scope-map' || narrowsLines(previous.actions, next.actions);
    case 'role-assignment':
      return grantOf(previous) !== grantOf(next);
    case 'account':
    case 'registry':
      return false;
    default:
      return assertNever(next);
  }
}

/** The minimum that a definition's new state raises. */
export function minimumOf(definition: Definition, nowMs: number): Minimum {
  return {
    subject: definitionKey(definition),
    account: definition.account,
    version: definition.version,
    raisedAt: new Date(nowMs).toISOString(),
  };
}

/** A line that can't be read here grants nothing here, so a map that holds one may well give less than before. */
function narrowsLines(before: readonly string[], after: readonly string[]): boolean {
  try {
    return narrows(before.map(parseActionLine), after.map(parseActionLine));
  } catch (e) {
    if (isAppError(e) && e.kind === 'malformed') return true;
    throw e;
  }
}

/** What an assignment gives and to whom, as one string to compare. */
function grantOf(definition: Definition): string {
  if (definition.kind !== 'role-assignment') return definition.kind;
  const { principal, role, scope } = definition;
  const parts =
    scope.kind === 'account' ? [] : [scope.registryId, ...(scope.kind === 'repository' ? [scope.pattern] : [])];
  return JSON.stringify([principal, role, scope.kind, ...parts]);
}
