import { LOGGER, Rounds } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { EmptyRegistry } from './empty-registry.js';

/** Where Nest gives the pause between two rounds in milliseconds; 0 = no rounds. */
export const EMPTY_EVERY_MS = Symbol('EmptyEveryMs');

/** Lets what is being deleted be emptied round after round beside the requests. Whatever goes wrong, the service goes on. */
@Injectable()
export class EmptyingRounds extends Rounds {
  constructor(
    private readonly emptyRegistry: EmptyRegistry,
    @Inject(EMPTY_EVERY_MS) everyMs: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super(everyMs);
  }

  protected async round(signal: AbortSignal): Promise<void> {
    const removed = await this.emptyRegistry.round(signal);
    if (removed > 0) this.logger.info({ removed }, 'repositories were deleted with their registry or namespace');
  }

  protected failed(err: unknown): void {
    this.logger.error({ err }, 'emptying what is being deleted broke off; the next round goes on');
  }
}
