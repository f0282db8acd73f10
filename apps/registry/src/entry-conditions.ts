import {
  dockerNameOf,
  parseAccessCondition,
  unmetBy,
  type AccessCondition,
  type Action,
  type UnmetCondition,
  type UseFacts,
} from '@berth/access';
import type { AccessClaims, RepositoryAccessClaim } from '@berth/contracts';
import { isAppError } from '@berth/errors';
import type { RepositoryName } from '@berth/oci';

/** Why an entry of a token doesn't open what it names now. */
export type ShutEntry = UnmetCondition | 'unreadable';

/** The use of one right of a token. */
export interface EntryUse {
  readonly name: RepositoryName;
  readonly action: Action;
  readonly facts: UseFacts;
}

/** Whether anything in a token is bound to conditions; nearly nothing is. */
export function isBound({ access }: AccessClaims): boolean {
  for (const entry of access) if (entry.type === 'repository' && entry.when !== undefined) return true;
  return false;
}

/** Whether what a token opens in a repository depends on the client's address. */
export function isNetworkBound({ access }: AccessClaims, name: RepositoryName): boolean {
  return access.some(
    (entry) => entry.type === 'repository' && entry.name === name && entry.when?.some(({ cidrs }) => cidrs) === true,
  );
}

/**
 * What keeps every entry that names an action on a repository from opening it now: the reason of the first of them; null =
 * one opens it. All conditions of an entry bind it, and one that can't be read shuts it.
 */
export function shutBy({ access }: AccessClaims, { name, action, facts }: EntryUse): ShutEntry | null {
  const dockerName = dockerNameOf(action) ?? '';
  let first: ShutEntry | null = null;
  for (const entry of access) {
    if (entry.type !== 'repository' || entry.name !== name || !entry.actions.includes(dockerName)) continue;
    const reason = unmetOf(entry, action, facts);
    if (reason === null) return null;
    first ??= reason;
  }
  return first ?? 'unreadable';
}

function unmetOf(entry: RepositoryAccessClaim, action: Action, facts: UseFacts): ShutEntry | null {
  const conditions = conditionsOf(entry);
  if (conditions === null) return 'unreadable';
  for (const condition of conditions) {
    const unmet = unmetBy(condition, action, facts);
    if (unmet !== null) return unmet;
  }
  return null;
}

/** A token that is used often is one object in memory: its conditions are read once. null = they can't be read. */
const readConditions = new WeakMap<RepositoryAccessClaim, readonly AccessCondition[] | null>();

function conditionsOf(entry: RepositoryAccessClaim): readonly AccessCondition[] | null {
  const known = readConditions.get(entry);
  if (known !== undefined) return known;
  const read = tryRead(entry);
  readConditions.set(entry, read);
  return read;
}

function tryRead({ when = [] }: RepositoryAccessClaim): readonly AccessCondition[] | null {
  try {
    return when.map(parseAccessCondition);
  } catch (e) {
    if (isAppError(e) && e.kind === 'malformed') return null;
    throw e;
  }
}
