import { LOGGER, Rounds } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { EmptyRegistry } from './empty-registry.js';

/** Where Nest gives the pause between two rounds in milliseconds; 0 = no rounds. */
export const EMPTY_EVERY_MS = Symbol('EmptyEveryMs');

/** Lets what is being deleted be emptied round after round beside the requests. Whatever goes wrong, the service goes on. */
@Injectable()
export class EmptyingRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Rounds;

  constructor(
    private readonly emptyRegistry: EmptyRegistry,
    @Inject(EMPTY_EVERY_MS) everyMs: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.rounds = new Rounds(everyMs, (signal) => this.tryRound(signal));
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  /** The repository under way is ended before the connections close. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  private async tryRound(signal: AbortSignal): Promise<void> {
    try {
      const removed = await this.emptyRegistry.round(signal);
      if (removed > 0) this.logger.info({ removed }, 'repositories were deleted with their registry or namespace');
    } catch (err) {
      this.logger.error({ err }, 'emptying what is being deleted broke off; the next round goes on');
    }
  }
}
