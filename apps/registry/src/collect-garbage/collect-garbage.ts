import type { BlobKey, BlobStore } from '@berth/blob-store';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE } from '../blob.js';
import { ContentLife } from '../content-life.js';
import { GarbageStore, type GarbageEstimate } from '../garbage.js';

/** Rows of one transaction, and transactions of one step in one round: nobody waits long, and no step starves another. */
const batchRows = 100;
const detachedRows = 1_000;
const maxBatches = 100;

/** Keys whose bytes are removed at once. */
const parallelRemovals = 8;

/** Digests that an estimate names. */
const namedDigests = 100;

/** For how long a deleted name is remembered: far longer than any access token lives. */
const deletionsKeptMs = 24 * 3_600_000;

/** What was taken away. */
export interface CollectedGarbage {
  /** Links that no manifest needs. */
  readonly links: number;
  /** Blobs that are linked nowhere. */
  readonly blobs: number;
  /** Of those blobs. */
  readonly bytes: number;
  /** Keys of uploads that came to nothing and of bytes that were replaced. */
  readonly keys: number;
  /** Rows of deleted repositories. */
  readonly rows: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Takes away what nothing needs, beside pushes and in every replica at once. Only the database says what may go; the
 * blob store is never listed. Each step is small transactions that commit before bytes are removed, so a round that is
 * broken off anywhere is taken up by the next one, whoever runs it.
 *
 * @source docs/decisions/0005-metadata-in-postgres-bytes-under-unique-keys.md
 */
@Injectable()
export class CollectGarbage {
  /** Since the process began; for metrics. */
  readonly collected: Mutable<CollectedGarbage> = { links: 0, blobs: 0, bytes: 0, keys: 0, rows: 0 };
  /** Rounds that ended with an error, since the process began. */
  failures = 0;
  /** Reviews that were due when the last round had ended. */
  overdue = 0;

  constructor(
    private readonly db: Database,
    private readonly garbage: GarbageStore,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly life: ContentLife,
  ) {}

  /**
   * One round of every step. The first error ends it: a check that can't be made deletes nothing.
   *
   * @param signal ends the round early, after the batch under way
   * @throws AppError 'unavailable' when Postgres or the blob store doesn't answer; what is left waits for the next round
   */
  async round(signal?: AbortSignal): Promise<CollectedGarbage> {
    const before = { ...this.collected };
    try {
      const steps = [
        () => this.collectLinks(),
        () => this.collectBlobs(),
        () => this.collectKeys(),
        () => this.emptyRepositories(),
        () => this.forgetDeletions(),
      ];
      for (const step of steps) {
        for (let i = 0; i < maxBatches && signal?.aborted !== true && (await step()); i++);
      }
      this.overdue = await this.garbage.dueReviews(this.db, this.life.now());
    } catch (e) {
      this.failures += 1;
      throw e;
    }
    return since(before, this.collected);
  }

  /** What a round would take away now, and nothing is changed. @throws AppError 'unavailable' */
  estimate(): Promise<GarbageEstimate> {
    return this.garbage.estimate(this.db, { at: this.life.now(), digests: namedDigests });
  }

  /** Each step does one batch, and says whether there may be more to do. */
  private async collectLinks(): Promise<boolean> {
    const batch = { at: this.life.now(), reviewAfter: this.life.reviewAfter(), limit: batchRows };
    const { looked, kept, removed } = await this.db.transaction((tx) => this.garbage.reviewLinks(tx, batch));
    this.collected.links += removed;
    return looked === batchRows && kept + removed > 0;
  }

  private async collectBlobs(): Promise<boolean> {
    const batch = { at: this.life.now(), limit: batchRows };
    // Committed before a byte goes: from here on an upload of the digest brings its own bytes under its own key.
    const { looked, marked } = await this.db.transaction((tx) => this.garbage.markBlobs(tx, batch));
    await this.removeBytes(marked, async (tx, keys) => {
      const { count, bytes } = await this.garbage.removeMarked(tx, keys);
      this.collected.blobs += count;
      this.collected.bytes += bytes;
    });
    return looked === batchRows;
  }

  private async collectKeys(): Promise<boolean> {
    const keys = await this.garbage.doomedKeys(this.db, { at: this.life.now(), limit: batchRows });
    await this.removeBytes(keys, async (tx, gone) => {
      this.collected.keys += await this.garbage.forgetKeys(tx, gone);
    });
    return keys.length === batchRows;
  }

  private async emptyRepositories(): Promise<boolean> {
    const batch = { at: this.life.now(), reviewAfter: this.life.reviewAfter(), limit: detachedRows };
    const rows = await this.db.transaction((tx) => this.garbage.emptyDetached(tx, batch));
    this.collected.rows += rows;
    return rows > 0;
  }

  private async forgetDeletions(): Promise<boolean> {
    const before = new Date(this.life.now().getTime() - deletionsKeptMs);
    const batch = { before, limit: batchRows };
    return (await this.db.transaction((tx) => this.garbage.forgetDeletions(tx, batch))) === batchRows;
  }

  /** Rows are forgotten only once their bytes are gone; a key whose bytes couldn't be removed ends the round. */
  private async removeBytes(
    keys: readonly BlobKey[],
    forget: (tx: Transaction, keys: readonly BlobKey[]) => Promise<void>,
  ): Promise<void> {
    for (let at = 0; at < keys.length; at += parallelRemovals) {
      const some = keys.slice(at, at + parallelRemovals);
      const removals = await Promise.allSettled(some.map((key) => this.bytes.delete(key)));
      const gone = some.filter((_, i) => removals[i]?.status === 'fulfilled');
      if (gone.length > 0) await this.db.transaction((tx) => forget(tx, gone));
      const failed = removals.find((removal) => removal.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  }
}

function since(before: CollectedGarbage, after: CollectedGarbage): CollectedGarbage {
  return {
    links: after.links - before.links,
    blobs: after.blobs - before.blobs,
    bytes: after.bytes - before.bytes,
    keys: after.keys - before.keys,
    rows: after.rows - before.rows,
  };
}
