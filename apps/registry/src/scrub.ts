import type { Queryable, Transaction } from '@berth/persistence';
import type { Blob } from './blob.js';

/** A blob whose bytes are to be read again, and who may do it. */
export interface ScrubbedBlob extends Blob {
  readonly account: string;
  /** When this claim was made; whoever holds a later one has it now. */
  readonly claimedAt: Date;
  /** When it was looked at before; null = never. */
  readonly verifiedAt: Date | null;
}

/** Which blobs have been looked at, and which were found bad. */
export abstract class ScrubStore {
  /**
   * Claims the blob that was not looked at for the longest time, for one process alone; it counts as looked at from now
   * on. Blobs that are known to be bad are not looked at again.
   *
   * @param claim only one that was never looked at, or not since `verifiedBefore`
   * @returns null when there is none
   */
  abstract claim(db: Queryable, claim: { at: Date; verifiedBefore: Date }): Promise<ScrubbedBlob | null>;

  /** Says when a claimed blob shall count as looked at instead; null = never. */
  abstract giveBack(db: Queryable, blob: ScrubbedBlob, verifiedAt: Date | null): Promise<void>;

  /**
   * Marks the blob, and tells every replica that what it remembers of the repositories that link it is wrong.
   *
   * @returns false when it has other bytes under another key by now, or is being removed, or was marked before
   */
  abstract markBad(tx: Transaction, blob: ScrubbedBlob, at: Date): Promise<boolean>;
}
