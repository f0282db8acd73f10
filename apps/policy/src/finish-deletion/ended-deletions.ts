import type { Definition } from '@berth/contracts';
import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Queryable, Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import type { Deletable } from '../deletable.js';
import { ProhibitionStore } from '../prohibition.js';
import { Report } from '../report.js';

/** The ends of deletions: the last state of a thing, and the prohibition by which its deletion began. */
@Injectable()
export class EndedDeletions {
  constructor(
    private readonly prohibitions: ProhibitionStore,
    private readonly outbox: Outbox,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Whether somebody deletes it. */
  async isStarted(db: Queryable, { account, id }: Deletable): Promise<boolean> {
    return (await this.prohibitions.find(db, account, id))?.cause === 'deleting';
  }

  /**
   * Enters the end of a thing of which nothing is left but its row, and lifts its prohibition.
   *
   * @returns what is to be published, last in the transaction and in this order, which holds for who asks policy for changes.
   *   Kafka keeps no order across keys: a copy that hears of the lifting before the end takes the thing, empty as it is, for
   *   one that is open, until it hears of the end. That is when the end's partition is read, or, if that is silent for
   *   2.5 s, when the watch over the copy asks policy
   */
  async end(tx: Transaction, thing: Deletable): Promise<Definition[]> {
    const prohibition = await this.prohibitions.deleteDeletion(tx, thing.id);
    await this.report.ended(tx, thing);
    const states: Definition[] = [await this.last(tx, thing)];
    if (prohibition !== null) states.push(await this.last(tx, prohibition));
    return states;
  }

  private async last<Of extends Definition>(tx: Transaction, definition: Of): Promise<Of> {
    const version = await this.outbox.nextVersion(tx);
    return { ...definition, version, status: 'deleted', changedAt: new Date(this.clock()).toISOString() };
  }
}
