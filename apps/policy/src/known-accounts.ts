import type { AccountDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { Database, type Queryable, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccountStore, noSuchAccount, type AccountPage } from './account.js';
import { GrantSource } from './grant-source.js';
import { ProhibitionStore } from './prohibition.js';

/** An account, and whether it is on its way out. */
export interface KnownAccount {
  readonly account: AccountDefinition;
  readonly isDeleting: boolean;
}

/** Finds accounts for platform operators. */
@Injectable()
export class KnownAccounts {
  constructor(
    private readonly db: Database,
    private readonly accounts: AccountStore,
    private readonly prohibitions: ProhibitionStore,
    private readonly grants: GrantSource,
  ) {}

  /** @throws AppError 'not-found', 'unavailable' without Postgres */
  async named(name: string): Promise<KnownAccount> {
    return this.known(this.db, await this.accounts.find(this.db, name));
  }

  /** By name, at most `limit`. @throws AppError 'unavailable' without Postgres */
  async page(page: AccountPage): Promise<KnownAccount[]> {
    const accounts = await this.accounts.page(this.db, page);
    const ids = accounts.map(({ id }) => id);
    const deleting = await this.prohibitions.deletionsAmong(this.db, ids);
    return accounts.map((account) => ({ account, isDeleting: deleting.has(account.id) }));
  }

  /**
   * The account as it is now. Until the transaction ends nobody else deletes it or creates, gives or moves anything in it.
   * First in the transaction, as it takes the lock on the account's grants.
   *
   * @throws AppError 'not-found' when it is gone
   */
  async lock(tx: Transaction, id: string): Promise<KnownAccount> {
    await this.grants.lock(tx, id);
    return this.known(tx, await this.accounts.lock(tx, id));
  }

  private async known(db: Queryable, account: AccountDefinition | null): Promise<KnownAccount> {
    if (account === null) throw noSuchAccount();
    const { id } = account;
    return { account, isDeleting: (await this.prohibitions.find(db, id, id))?.cause === 'deleting' };
  }
}

/** Nothing is given to anybody in it any more. */
export function accountIsDeleted(): AppError {
  return new AppError({ kind: 'conflict', code: 'account-deleting', message: 'this account is being deleted' });
}
