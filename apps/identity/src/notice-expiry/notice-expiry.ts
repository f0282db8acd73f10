import { expiryNoticed } from '@berth/contracts';
import { CLOCK, LOGGER, Rounds, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import { Database, type Transaction } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { EXPIRING_PASSWORD_STORE, type ExpiringPasswordStore } from '../expiring-password.js';

/** Notices in one transaction. */
const batchSize = 500;

const everyMs = 10 * 60_000;

/**
 * Tells of passwords that end in 30, 7 and 1 days, as events that webhooks and mail are made of. Replicas share the work;
 * the mark and the event are one transaction, so that each notice is told once.
 */
@Injectable()
export class NoticeExpiry extends Rounds {
  constructor(
    private readonly db: Database,
    @Inject(EXPIRING_PASSWORD_STORE) private readonly passwords: ExpiringPasswordStore,
    private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super(everyMs);
  }

  /**
   * Tells of all that is due.
   *
   * @param signal ends it early, after the batch under way
   * @returns how many notices
   * @throws AppError 'unavailable' without Postgres; what was told until then stays told
   */
  async execute(signal?: AbortSignal): Promise<number> {
    let told = 0;
    while (signal?.aborted !== true) {
      const batch = await this.db.transaction((tx) => this.tellBatch(tx));
      told += batch;
      if (batch < batchSize) break;
    }
    return told;
  }

  protected async round(signal: AbortSignal): Promise<void> {
    await this.execute(signal);
  }

  protected failed(err: unknown): void {
    this.logger.warn({ err }, 'passwords that end could not be told of');
  }

  private async tellBatch(tx: Transaction): Promise<number> {
    const now = this.clock();
    const noticedAt = new Date(now).toISOString();
    const due = await this.passwords.take(tx, now, batchSize);
    for (const { endsAtMs, ...password } of due) {
      await this.outbox.record(tx, expiryNoticed, {
        ...password,
        expiresAt: new Date(endsAtMs).toISOString(),
        noticedAt,
      });
    }
    return due.length;
  }
}
