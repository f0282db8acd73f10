import type { EntryDraft } from '@berth/contracts';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@berth/foundation';
import { ConsumedEventStore } from '../consumed-event.js';
import { EntryLog } from '../entry-log.js';
import { Report } from '../report.js';

/** A change that a service has made, by the id of its event. */
export interface RecordedChange {
  readonly id: string;
  readonly data: EntryDraft;
}

/** Appends the changes that services have made. Each counts once, by the id of its event, however often it arrives. */
@Injectable()
export class AppendChanges {
  constructor(
    private readonly db: Database,
    private readonly log: EntryLog,
    private readonly consumed: ConsumedEventStore,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Resolves once all is committed. @throws AppError 'unavailable' without Postgres; nothing was stored then */
  async execute(changes: readonly RecordedChange[]): Promise<void> {
    const appended = await this.db.transaction((tx) => this.append(tx, changes));
    this.report.appended(appended, changes.length - appended);
  }

  private async append(tx: Transaction, changes: readonly RecordedChange[]): Promise<number> {
    const size = await this.log.lockEnd(tx);
    const once = new Map(changes.map(({ id, data }) => [id, data]));
    const fresh = await this.consumed.add(tx, [...once.keys()], new Date(this.clock()));
    const drafts = [...once].flatMap(([id, data]) => (fresh.has(id) ? [data] : []));
    await this.log.append(tx, size, drafts);
    return drafts.length;
  }
}
