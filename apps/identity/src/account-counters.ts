/**
 * Subjects of `ver` that stand for many definitions of an account at once. Their number is the epoch of identity's copy:
 * whoever signs at an epoch has seen all that was stored up to it.
 */
export const accountCounters = {
  /** All definitions, for a token that was decided from more of them than it has room to name. */
  definitions: (account: string): string => `account-definitions:${account}`,
  /** In which region and resource groups registries and namespaces are, for a token that was decided by that. */
  places: (account: string): string => `account-places:${account}`,
} as const;
