import { LOGGER } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CollectGarbage } from './collect-garbage.js';

/** Where Nest gives the pause between two rounds in milliseconds; 0 = no rounds. */
export const COLLECT_EVERY_MS = Symbol('CollectEveryMs');

/** Lets the collector run round after round beside the requests. Whatever goes wrong, the service goes on. */
@Injectable()
export class CollectorRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly collector: CollectGarbage,
    @Inject(COLLECT_EVERY_MS) private readonly everyMs: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.everyMs > 0) this.schedule();
  }

  /** The batch under way is ended before the connections close. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  /** Replicas that start together don't run together: the work of one is then not done again by the others. */
  private schedule(): void {
    const waitMs = this.everyMs * (0.8 + 0.4 * Math.random());
    this.timer = setTimeout(() => {
      this.running = this.tryRound();
    }, waitMs);
    this.timer.unref();
  }

  private async tryRound(): Promise<void> {
    try {
      const collected = await this.collector.round(this.stopping.signal);
      if (Object.values(collected).some((count) => count > 0)) this.logger.info(collected, 'garbage was collected');
    } catch (err) {
      this.logger.error({ err }, 'garbage collection broke off and deleted nothing more; the next round tries again');
    }
    if (!this.stopping.signal.aborted) this.schedule();
  }
}
