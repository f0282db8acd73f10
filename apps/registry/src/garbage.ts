import type { BlobKey } from '@berth/blob-store';
import type { Digest } from '@berth/oci';
import type { Queryable, Transaction } from '@berth/persistence';

/** How much one step looks at, and when. */
export interface GarbageBatch {
  /** What is due then is looked at. */
  readonly at: Date;
  /** At most so many rows. */
  readonly limit: number;
}

/** As {@link GarbageBatch}, where something loses a reference and is looked at again itself. */
export interface DroppingBatch extends GarbageBatch {
  readonly reviewAfter: Date;
}

/** What became of a batch of reviews. */
export interface ReviewedLinks {
  /** Reviews that were due and could be had. */
  readonly looked: number;
  /** Links that a manifest refers to: their reviews are done. */
  readonly kept: number;
  readonly removed: number;
}

/** What became of a batch of reviews of blobs. */
export interface ReviewedBlobs {
  readonly looked: number;
  /** The keys that are marked: exactly their bytes may be removed now. */
  readonly marked: readonly BlobKey[];
}

/** Rows that are gone, and what their bytes took. */
export interface RemovedBlobs {
  readonly count: number;
  readonly bytes: number;
}

/** What a round would take away now. */
export interface GarbageEstimate {
  /** Links that no manifest refers to; their blobs are looked at later. */
  readonly links: number;
  /** Blobs that are linked nowhere. */
  readonly blobs: number;
  /** Of those blobs. */
  readonly bytes: number;
  /** The first of those blobs in bytewise order. */
  readonly digests: readonly Digest[];
  /** Keys of uploads that came to nothing and of bytes that were replaced. */
  readonly keys: number;
  /** Deleted repositories of which something is left. */
  readonly repositories: number;
}

/**
 * What nothing needs any more. A method that removes rows never waits for a lock of a push: what somebody holds is left for
 * the next round, so that the collector can't deadlock with anybody. What may be removed is always asked again once the
 * rows are locked, in a statement of its own: the one that locks them doesn't see what was committed while it did.
 */
export abstract class GarbageStore {
  /** Ends the due reviews of links; a link goes, with its holders, when no manifest of its repository refers to it. */
  abstract reviewLinks(tx: Transaction, batch: DroppingBatch): Promise<ReviewedLinks>;

  /** Ends the due reviews of blobs that are linked; marks the others, once committed nobody uses their keys. */
  abstract markBlobs(tx: Transaction, batch: GarbageBatch): Promise<ReviewedBlobs>;

  /** Removes the rows of marked blobs; one that got another key meanwhile stays. Their bytes must be gone before. */
  abstract removeMarked(tx: Transaction, keys: readonly BlobKey[]): Promise<RemovedBlobs>;

  /** Keys of which no blob row speaks and whose bytes may go; the oldest first. */
  abstract doomedKeys(db: Queryable, batch: GarbageBatch): Promise<readonly BlobKey[]>;

  /** Their bytes must be gone before. @returns how many were still known */
  abstract forgetKeys(tx: Transaction, keys: readonly BlobKey[]): Promise<number>;

  /** Removes rows of the repository that was deleted first, and when none is left its own. @returns how many */
  abstract emptyDetached(tx: Transaction, batch: DroppingBatch): Promise<number>;

  /** Forgets names that were deleted before the instant. @returns how many */
  abstract forgetDeletions(tx: Transaction, batch: { before: Date; limit: number }): Promise<number>;

  /** Reviews that are due at the instant; counted up to 100,000 each of links and blobs. */
  abstract dueReviews(db: Queryable, at: Date): Promise<number>;

  /** @param digests how many are named */
  abstract estimate(db: Queryable, asked: { at: Date; digests: number }): Promise<GarbageEstimate>;
}
