import { LOGGER, Rounds } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { CollectGarbage } from './collect-garbage.js';

/** Where Nest gives the pause between two rounds in milliseconds; 0 = no rounds. */
export const COLLECT_EVERY_MS = Symbol('CollectEveryMs');

/** Lets the collector run round after round beside the requests. Whatever goes wrong, the service goes on. */
@Injectable()
export class CollectorRounds extends Rounds {
  constructor(
    private readonly collector: CollectGarbage,
    @Inject(COLLECT_EVERY_MS) everyMs: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super(everyMs);
  }

  protected async round(signal: AbortSignal): Promise<void> {
    const collected = await this.collector.round(signal);
    if (Object.values(collected).some((count) => count > 0)) this.logger.info(collected, 'garbage was collected');
  }

  protected failed(err: unknown): void {
    this.logger.error({ err }, 'garbage collection broke off and deleted nothing more; the next round tries again');
  }
}
