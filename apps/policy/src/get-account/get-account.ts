import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { KnownAccounts, type KnownAccount } from '../known-accounts.js';
import { OperatorAccess } from '../operator-access.js';

/** One account, also while it is being deleted, for platform operators. */
@Injectable()
export class GetAccount {
  constructor(
    private readonly operators: OperatorAccess,
    private readonly accounts: KnownAccounts,
  ) {}

  /** @throws AppError 'denied' (with an entry in the audit log), 'not-found', 'unavailable' without Postgres */
  async execute(caller: Caller, name: string): Promise<KnownAccount> {
    await this.operators.require(caller, 'accounts/read', name);
    return this.accounts.named(name);
  }
}
