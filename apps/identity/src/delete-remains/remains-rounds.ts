import { LOGGER, Rounds } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DeleteRemains } from './delete-remains.js';

/** Where Nest gives the pause between two rounds in milliseconds; 0 = no rounds. */
export const DELETE_EVERY_MS = Symbol('DeleteEveryMs');

/** Lets what is left of deleted registries be deleted round after round beside the requests. Whatever goes wrong, the service goes on. */
@Injectable()
export class RemainsRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Rounds;

  constructor(
    private readonly remains: DeleteRemains,
    @Inject(DELETE_EVERY_MS) everyMs: number,
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
      const deleted = await this.remains.round(signal);
      if (deleted.tokens + deleted.fleets > 0) this.logger.info(deleted, 'tokens and fleets went with their registry');
    } catch (err) {
      this.logger.error({ err }, 'deleting what is left of registries broke off; the next round goes on');
    }
  }
}
