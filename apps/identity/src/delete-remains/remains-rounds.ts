import { LOGGER, Rounds } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { DeleteAccountRemains } from './delete-account-remains.js';
import { DeleteRemains } from './delete-remains.js';

/** Where Nest gives the pause between two rounds in milliseconds; 0 = no rounds. */
export const DELETE_EVERY_MS = Symbol('DeleteEveryMs');

/** Lets what is left of deleted registries and accounts be deleted round after round beside the requests. Whatever goes wrong, the service goes on. */
@Injectable()
export class RemainsRounds extends Rounds {
  constructor(
    private readonly remains: DeleteRemains,
    private readonly accounts: DeleteAccountRemains,
    @Inject(DELETE_EVERY_MS) everyMs: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super(everyMs);
  }

  protected async round(signal: AbortSignal): Promise<void> {
    const deleted = await this.remains.round(signal);
    if (deleted.tokens + deleted.fleets > 0) this.logger.info(deleted, 'tokens and fleets went with their registry');
    const principals = await this.accounts.round(signal);
    if (principals > 0) this.logger.info({ principals }, 'users and others went with their account');
  }

  protected failed(err: unknown): void {
    this.logger.error({ err }, 'deleting what is left of registries and accounts broke off; the next round goes on');
  }
}
