import type { ActivityBatch, EntryDraft, SpoolFrame, SpoolProducer } from '@berth/contracts';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { EntryLog } from '../entry-log.js';
import { Report } from '../report.js';
import { SpoolBootStore } from '../spool-boot.js';

/**
 * Appends what services have spooled: pulls, log-ins, refusals. Each frame counts once, by its producer and number, however
 * often and in whatever parts it arrives.
 */
@Injectable()
export class AppendActivity {
  constructor(
    private readonly db: Database,
    private readonly log: EntryLog,
    private readonly boots: SpoolBootStore,
    private readonly report: Report,
  ) {}

  /** Resolves once all is committed. @throws AppError 'unavailable' without Postgres; nothing was stored then */
  async execute(batches: readonly ActivityBatch[]): Promise<void> {
    const { entries, repeated } = await this.db.transaction((tx) => this.append(tx, batches));
    this.report.appended(entries, repeated);
  }

  private async append(tx: Transaction, batches: readonly ActivityBatch[]) {
    const size = await this.log.lockEnd(tx);
    const drafts: EntryDraft[] = [];
    let repeated = 0;
    for (const batch of batches) {
      const frames = await this.newFrames(tx, batch);
      repeated += batch.frames.length - frames.length;
      for (const frame of frames) {
        if (frame.kind === 'entry') drafts.push(frame.entry);
        else await this.note(tx, batch.producer, frame);
      }
    }
    await this.log.append(tx, size, drafts);
    return { entries: drafts.length, repeated };
  }

  private async newFrames(tx: Transaction, { producer, first, frames }: ActivityBatch): Promise<SpoolFrame[]> {
    const fresh = await this.boots.receive(tx, producer, { first, last: first + frames.length - 1 });
    return fresh.flatMap((numbers) => frames.slice(numbers.first - first, numbers.last - first + 1));
  }

  private async note(tx: Transaction, producer: SpoolProducer, frame: Exclude<SpoolFrame, { kind: 'entry' }>) {
    if (frame.kind === 'opened') await this.boots.opened(tx, producer, frame);
    else await this.boots.closed(tx, producer);
  }
}
