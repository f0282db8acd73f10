import type { AccountDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccountStore, noSuchAccount } from '../account.js';
import { OperatorAccess } from '../operator-access.js';

/** One account, for platform operators. */
@Injectable()
export class GetAccount {
  constructor(
    private readonly operators: OperatorAccess,
    private readonly accounts: AccountStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'denied' (with an entry in the audit log), 'not-found', 'unavailable' without Postgres */
  async execute(caller: Caller, name: string): Promise<AccountDefinition> {
    await this.operators.require(caller, 'accounts/read', name);
    const account = await this.accounts.find(this.db, name);
    if (account === null) throw noSuchAccount();
    return account;
  }
}
