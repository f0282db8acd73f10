/** What keeps somebody from using a right that they hold. */
export interface Hindrance {
  /** As a code, for the answer and the entry. */
  readonly reason: string;
  /** What a client is told besides. */
  readonly words: string;
}

/** What a scanner has not passed, or nobody may have because it failed. */
export const inQuarantine: Hindrance = { reason: 'quarantine', words: 'it is in quarantine' };

/** What would begin with nothing decided, if its repository were deleted and made again. */
export const closedForGood: Hindrance = {
  reason: 'quarantine',
  words: 'something in it failed, or is in quarantine until somebody decides: deleting it needs quarantine/write too',
};

/** A blob on its way, or one that is left over: only who brought it opens it. */
export const notReferredTo: Hindrance = { reason: 'not-referred-to', words: 'no manifest refers to it' };
