import { LOGGER, Rounds } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { DeleteAccountRemains } from './delete-account-remains.js';
import { DELETE_EVERY_MS } from './remains-rounds.js';

/** As `RemainsRounds`, for accounts: in rounds of its own, as neither waits for the other or breaks off with it. */
@Injectable()
export class AccountRemainsRounds extends Rounds {
  constructor(
    private readonly accounts: DeleteAccountRemains,
    @Inject(DELETE_EVERY_MS) everyMs: number,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super(everyMs);
  }

  protected async round(signal: AbortSignal): Promise<void> {
    const principals = await this.accounts.round(signal);
    if (principals > 0) this.logger.info({ principals }, 'users and others went with their account');
  }

  protected failed(err: unknown): void {
    this.logger.error({ err }, 'deleting what is left of accounts broke off; the next round goes on');
  }
}
