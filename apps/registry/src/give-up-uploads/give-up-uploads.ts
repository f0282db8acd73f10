import { LOGGER } from '@berth/foundation';
import { Database } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ContentLife } from '../content-life.js';
import { UploadLease, UploadStore } from '../upload.js';

const everyMs = 60_000;
const batch = 100;

/**
 * Ends uploads that nobody goes on with. In every replica, beside each other: none waits for another's rows. Nothing of it
 * ever fails a request or the process; what couldn't be done is done a minute later.
 */
@Injectable()
export class GiveUpUploads implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    private readonly db: Database,
    private readonly uploads: UploadStore,
    private readonly life: ContentLife,
    private readonly lease: UploadLease,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Before the first request: what this instance was writing when it ended can be continued at once. */
  async onApplicationBootstrap(): Promise<void> {
    await this.attempt('uploads of the last run could not be freed', () => this.abandonOwn());
    this.timer = setInterval(() => this.runSoon(), everyMs).unref();
  }

  /** While Postgres is still connected. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    if (this.timer !== null) clearInterval(this.timer);
    await this.running;
  }

  /**
   * Ends all uploads that have been idle for too long, a batch in each transaction.
   *
   * @returns how many
   * @throws AppError 'unavailable' when Postgres doesn't answer; what is done until then stays done
   */
  async giveUp(): Promise<number> {
    let all = 0;
    for (;;) {
      const idle = { abandonedBefore: this.life.abandonedBefore(), at: this.life.now(), limit: batch };
      const count = await this.db.transaction((tx) => this.uploads.giveUp(tx, idle));
      all += count;
      if (count < batch || this.isStopping) return all;
    }
  }

  /**
   * The folder that this instance holds is locked by it, so whoever had its name before is dead. Should Postgres not answer,
   * the leases run out.
   */
  private abandonOwn(): Promise<void> {
    return this.uploads.abandonWrittenBy(this.db, this.lease.instance, this.lease.now());
  }

  private runSoon(): void {
    this.running = this.running.then(() =>
      this.attempt('abandoned uploads could not be given up', async () => void (await this.giveUp())),
    );
  }

  private async attempt(message: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn({ err: error }, message);
    }
  }
}
