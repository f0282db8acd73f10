import { LOGGER, Rounds } from '@berth/foundation';
import { Database } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { ContentLife } from '../content-life.js';
import { UploadLease, UploadStore } from '../upload.js';

const everyMs = 60_000;
const batch = 100;

/**
 * Ends uploads that nobody goes on with. In every replica, beside each other: none waits for another's rows. Nothing of it
 * ever fails a request or the process; what couldn't be done is done a minute later.
 */
@Injectable()
export class GiveUpUploads extends Rounds {
  constructor(
    private readonly db: Database,
    private readonly uploads: UploadStore,
    private readonly life: ContentLife,
    private readonly lease: UploadLease,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super(everyMs);
  }

  /** Before the first request: what this instance was writing when it ended can be continued at once. */
  override async onApplicationBootstrap(): Promise<void> {
    try {
      await this.abandonOwn();
    } catch (err) {
      this.logger.warn({ err }, 'uploads of the last run could not be freed');
    }
    await super.onApplicationBootstrap();
  }

  /**
   * Ends all uploads that have been idle for too long, a batch in each transaction.
   *
   * @param signal ends it early, after the batch under way
   * @returns how many
   * @throws AppError 'unavailable' when Postgres doesn't answer; what is done until then stays done
   */
  async giveUp(signal?: AbortSignal): Promise<number> {
    let all = 0;
    for (;;) {
      const idle = { abandonedBefore: this.life.abandonedBefore(), at: this.life.now(), limit: batch };
      const count = await this.db.transaction((tx) => this.uploads.giveUp(tx, idle));
      all += count;
      if (count < batch || signal?.aborted === true) return all;
    }
  }

  /**
   * Gives back what uploads have reserved of a quota beyond their bytes and whose request ended without doing so. What a
   * process was writing when it died lies there and stays reserved until the upload goes on or is given up.
   *
   * @param signal ends it early, after the batch under way
   * @returns of how many uploads
   * @throws AppError 'unavailable', see {@link giveUp}
   */
  async giveBack(signal?: AbortSignal): Promise<number> {
    let all = 0;
    for (;;) {
      const count = await this.db.transaction((tx) => this.uploads.giveBackForgotten(tx, batch));
      all += count;
      if (count < batch || signal?.aborted === true) return all;
    }
  }

  protected async round(signal: AbortSignal): Promise<void> {
    await this.giveUp(signal);
    await this.giveBack(signal);
  }

  protected failed(err: unknown): void {
    this.logger.warn({ err }, 'abandoned uploads could not be given up');
  }

  /**
   * The folder that this instance holds is locked by it, so whoever had its name before is dead. Should Postgres not answer,
   * the leases run out.
   */
  private abandonOwn(): Promise<void> {
    return this.uploads.abandonWrittenBy(this.db, this.lease.instance, this.lease.now());
  }
}
