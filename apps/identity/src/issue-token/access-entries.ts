import type { AccessCondition } from '@berth/access';
import type { AccessConditionClaim, RepositoryAccessClaim } from '@berth/contracts';
import type { Allowed } from '@berth/policy-engine';

/** An action that a token gives. */
export interface HeldAction {
  /** Docker's name of the action. */
  readonly name: string;
  readonly allowed: Allowed;
}

/**
 * What a token says of one repository: one entry for all actions that the same conditions bind, so that no condition
 * reaches an action that it doesn't bind, nor leaves one out. None if nothing is held.
 */
export function entriesOf(
  { repository, inc }: { readonly repository: string; readonly inc: number },
  held: readonly HeldAction[],
): RepositoryAccessClaim[] {
  const byConditions = new Map<string, { actions: string[]; when: AccessConditionClaim[] }>();
  for (const { name, allowed } of held) {
    const when = (allowed.when ?? []).map(claimOf);
    const key = when.length === 0 ? '' : JSON.stringify(when);
    const known = byConditions.get(key);
    if (known === undefined) byConditions.set(key, { actions: [name], when });
    else known.actions.push(name);
  }
  return [...byConditions.values()].map(({ actions, when }) => ({
    ...{ type: 'repository', name: repository, actions, inc },
    ...(when.length === 0 ? {} : { when }),
  }));
}

function claimOf({ tags, cidrs, notBeforeMs, notAfterMs, isCreateOnly }: AccessCondition): AccessConditionClaim {
  return {
    ...(tags === null ? {} : { tags: [...tags] }),
    ...(cidrs === null ? {} : { cidrs: [...cidrs] }),
    ...(notBeforeMs === null ? {} : { notBefore: new Date(notBeforeMs).toISOString() }),
    ...(notAfterMs === null ? {} : { notAfter: new Date(notAfterMs).toISOString() }),
    ...(isCreateOnly ? { createOnly: true } : {}),
  };
}
