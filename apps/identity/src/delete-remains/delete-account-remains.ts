import { LOGGER } from '@berth/foundation';
import { Database } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { ACCOUNT_REMAINS_STORE, type AccountRemainsStore } from '../account-remains.js';
import { AccountRemainsReport, type EndingAccount } from './account-remains-report.js';
import { EndingAccounts } from './ending-accounts.js';

/** Transactions for one account in one round: a round ends, and no account starves another. */
const maxBatches = 20;

/**
 * Deletes the users, service IDs, groups, federations and workloads of accounts that somebody deletes, a batch in each
 * transaction with one entry of the audit log, and tells policy when none is left: then the account itself goes. Who is to go
 * stands in the copy of the definitions and who is left in the schema, so that any replica goes on where another stopped.
 * Somebody who was created while the account went is found in a later round, as long as the copy remembers that it is gone. No
 * minimum is raised for each of them: that of the account was raised when its deletion began, and nobody of it has logged in
 * since.
 *
 * @source architecture "Life cycle"
 */
@Injectable()
export class DeleteAccountRemains {
  constructor(
    private readonly ending: EndingAccounts,
    @Inject(ACCOUNT_REMAINS_STORE) private readonly remains: AccountRemainsStore,
    private readonly report: AccountRemainsReport,
    private readonly db: Database,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * One round over all accounts that are deleted. One whose end fails, for want of policy or Postgres, keeps no other from
   * ending, and goes on in the next round.
   *
   * @param signal ends it early, after the batch under way
   * @returns how many went
   * @throws AppError 'unavailable' when Postgres doesn't say who came late to an account that is gone
   */
  async round(signal?: AbortSignal): Promise<number> {
    const { begun, ended } = this.ending.all();
    let all = 0;
    for (const account of begun) all += await this.orLater(account, () => this.finish(account, signal));
    for (const account of await this.late(ended)) {
      all += await this.orLater(account, () => this.empty(account, signal));
    }
    return all;
  }

  private async orLater({ id }: EndingAccount, work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (err) {
      this.logger.warn({ err, account: id }, 'the deletion of an account goes on in the next round');
      return 0;
    }
  }

  private async finish(account: EndingAccount, signal: AbortSignal | undefined): Promise<number> {
    if (!(await this.ending.isUnderWay(account))) return 0;
    const removed = await this.empty(account, signal);
    const left = await this.remains.accountsWithAny(this.db, [account.id]);
    if (left.length === 0) await this.ending.tellEmptied(account);
    return removed;
  }

  private async late(ended: readonly EndingAccount[]): Promise<EndingAccount[]> {
    if (ended.length === 0) return [];
    const left = new Set(
      await this.remains.accountsWithAny(
        this.db,
        ended.map(({ id }) => id),
      ),
    );
    return ended.filter(({ id }) => left.has(id));
  }

  private async empty(account: EndingAccount, signal: AbortSignal | undefined): Promise<number> {
    let all = 0;
    for (let batch = 0; batch < maxBatches && signal?.aborted !== true; batch += 1) {
      const removed = await this.db.transaction(async (tx) => {
        const some = await this.remains.deleteSome(tx, account.id);
        if (some !== null) await this.report.removed(tx, account, some);
        return some?.removed.length ?? 0;
      });
      if (removed === 0) break;
      all += removed;
    }
    return all;
  }
}
