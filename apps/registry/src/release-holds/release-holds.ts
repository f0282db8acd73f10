import { LOGGER, Rounds } from '@berth/foundation';
import { Database } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { ContentLife } from '../content-life.js';
import { ContentStores } from '../content-stores.js';
import { ManagementReport } from '../management-report.js';

const everyMs = 60_000;

/**
 * Writes down that quarantines have ended by themselves, where the rule lets them: pulls went by the instant already, so that
 * nothing opens late because of a round. In every replica, beside each other: none waits for what another ends.
 */
@Injectable()
export class ReleaseHolds extends Rounds {
  constructor(
    private readonly db: Database,
    private readonly stores: ContentStores,
    private readonly report: ManagementReport,
    private readonly life: ContentLife,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super(everyMs);
  }

  /**
   * Ends all that are due, each in its own transaction: what one locks is not locked while the next one waits.
   *
   * @param signal ends it early, after the one under way
   * @returns how many
   * @throws AppError 'unavailable' when Postgres doesn't answer; what is done until then stays done
   */
  async release(signal?: AbortSignal): Promise<number> {
    let count = 0;
    while (signal?.aborted !== true && (await this.releaseOne())) count += 1;
    return count;
  }

  protected async round(signal: AbortSignal): Promise<void> {
    const count = await this.release(signal);
    if (count > 0) this.logger.info({ count }, 'quarantines ended because nobody decided in time');
  }

  protected failed(err: unknown): void {
    this.logger.warn({ err }, 'quarantines that have ended could not be written down');
  }

  private releaseOne(): Promise<boolean> {
    const at = this.life.now();
    return this.db.transaction(async (tx) => {
      const ended = await this.stores.quarantines.endOne(tx, at);
      if (ended === null) return false;
      const { repository, digest } = ended;
      await this.stores.blobs.hold(tx, repository, digest);
      await this.stores.obeyQuarantine(tx, repository, { digest, at });
      await this.report.quarantineEnded(tx, ended);
      return true;
    });
  }
}
