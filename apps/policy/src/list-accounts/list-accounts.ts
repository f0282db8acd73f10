import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import type { AccountPage } from '../account.js';
import { KnownAccounts, type KnownAccount } from '../known-accounts.js';
import { OperatorAccess } from '../operator-access.js';

/** Lists all accounts by name, for platform operators. */
@Injectable()
export class ListAccounts {
  constructor(
    private readonly operators: OperatorAccess,
    private readonly accounts: KnownAccounts,
  ) {}

  /**
   * @param page limit: 1..1000
   * @returns at most `limit + 1` accounts: one more than the page says that there is another page
   * @throws AppError 'denied' (with an entry in the audit log), 'unavailable' without Postgres
   */
  async execute(caller: Caller, { after, limit }: AccountPage): Promise<KnownAccount[]> {
    await this.operators.require(caller, 'accounts/read', 'accounts');
    return this.accounts.page({ after, limit: limit + 1 });
  }
}
