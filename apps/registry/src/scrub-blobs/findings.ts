import { CLOCK, type Clock } from '@berth/foundation';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { Report } from '../report.js';
import { ScrubStore, type ScrubbedBlob } from '../scrub.js';

/** A blob that was read is left alone for so long. */
const restMs = 24 * 3_600_000;

/** One that could not be read is tried again after this, so that it doesn't keep the others waiting. */
const retryMs = 10 * 60_000;

/** Which blob is looked at next, and what is written down of those that were. */
@Injectable()
export class Findings {
  constructor(
    private readonly db: Database,
    private readonly store: ScrubStore,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Claims a blob for this process; null when all were looked at lately. */
  next(): Promise<ScrubbedBlob | null> {
    const now = this.clock();
    return this.store.claim(this.db, { at: new Date(now), verifiedBefore: new Date(now - restMs) });
  }

  /** It says nothing yet: the blob's turn comes again, at once when this process is only stopping. */
  async postpone(blob: ScrubbedBlob, isStopping: boolean): Promise<void> {
    const later = new Date(this.clock() - restMs + retryMs);
    await this.store.giveBack(this.db, blob, isStopping ? blob.verifiedAt : later);
  }

  /** @returns false when the blob was collected meanwhile, or has new bytes */
  bad(blob: ScrubbedBlob, damage: string): Promise<boolean> {
    const at = new Date(this.clock());
    return this.db.transaction(async (tx) => {
      if (!(await this.store.markBad(tx, blob, at))) return false;
      await this.report.blobFoundBad(tx, { ...blob, reason: damage });
      return true;
    });
  }
}
