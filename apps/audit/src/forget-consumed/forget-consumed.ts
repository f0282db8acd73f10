import { errorMessage } from '@berth/errors';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, LOGGER, Rounds, type Clock } from '@berth/foundation';
import { ConsumedEventStore } from '../consumed-event.js';
import type { Logger } from '@berth/telemetry';

const everyMs = 3_600_000;

/** Twice as long as Kafka keeps the events: nothing older can come again. */
const keptMs = 14 * 24 * 3_600_000;

/** Forgets, about each hour, the ids of events that can't come again, so that what is remembered doesn't grow for ever. */
@Injectable()
export class ForgetConsumed extends Rounds {
  constructor(
    private readonly db: Database,
    private readonly consumed: ConsumedEventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super(everyMs);
  }

  /** @throws AppError 'unavailable' without Postgres */
  async execute(): Promise<void> {
    await this.consumed.forgetBefore(this.db, new Date(this.clock() - keptMs));
  }

  protected round(): Promise<void> {
    return this.execute();
  }

  protected failed(err: unknown): void {
    this.logger.warn(`old event ids were not forgotten, tried again in an hour: ${errorMessage(err)}`);
  }
}
