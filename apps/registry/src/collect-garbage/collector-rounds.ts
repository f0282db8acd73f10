import { LOGGER, Rounds } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CollectGarbage } from './collect-garbage.js';

/** Where Nest gives the pause between two rounds in milliseconds; 0 = no rounds. */
export const COLLECT_EVERY_MS = Symbol('CollectEveryMs');

/** Lets the collector run round after round beside the requests. Whatever goes wrong, the service goes on. */
@Injectable()
export class CollectorRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Rounds;

  constructor(
    private readonly collector: CollectGarbage,
    @Inject(COLLECT_EVERY_MS) everyMs: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.rounds = new Rounds(everyMs, (signal) => this.tryRound(signal));
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  /** The batch under way is ended before the connections close. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  private async tryRound(signal: AbortSignal): Promise<void> {
    try {
      const collected = await this.collector.round(signal);
      if (Object.values(collected).some((count) => count > 0)) this.logger.info(collected, 'garbage was collected');
    } catch (err) {
      this.logger.error({ err }, 'garbage collection broke off and deleted nothing more; the next round tries again');
    }
  }
}
