import { LOGGER, Rounds } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { DeleteRemains } from './delete-remains.js';

/** Where Nest gives the pause between two rounds in milliseconds; 0 = no rounds. */
export const DELETE_EVERY_MS = Symbol('DeleteEveryMs');

/** Lets what is left of deleted registries be deleted round after round beside the requests. Whatever goes wrong, the service goes on. */
@Injectable()
export class RemainsRounds extends Rounds {
  constructor(
    private readonly remains: DeleteRemains,
    @Inject(DELETE_EVERY_MS) everyMs: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super(everyMs);
  }

  protected async round(signal: AbortSignal): Promise<void> {
    const deleted = await this.remains.round(signal);
    if (deleted.tokens + deleted.fleets > 0) this.logger.info(deleted, 'tokens and fleets went with their registry');
  }

  protected failed(err: unknown): void {
    this.logger.error({ err }, 'deleting what is left of registries broke off; the next round goes on');
  }
}
