/** What keeps somebody from using a right that they hold. */
export interface Hindrance {
  /** As a code, for the answer and the entry. */
  readonly reason: string;
  /** What a client is told besides. */
  readonly words: string;
}

/** What a scanner has not passed, or nobody may have because it failed. */
export const inQuarantine: Hindrance = { reason: 'quarantine', words: 'it is in quarantine' };
