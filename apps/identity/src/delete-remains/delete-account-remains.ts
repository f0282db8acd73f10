import { PolicyFollowing } from '@berth/definitions';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { ACCOUNT_REMAINS_STORE, type AccountRemainsStore } from '../account-remains.js';
import { POLICY_CLIENT, type PolicyClient } from '../policy-client.js';
import { AccountRemainsReport, type EndingAccount } from './account-remains-report.js';

/** Transactions for one account in one round: a round ends, and no account starves another. */
const maxBatches = 20;

/**
 * Deletes the users, service IDs, groups and federations of accounts that somebody deletes, a batch in each transaction with one
 * entry of the audit log, and tells policy when none is left: then the account itself goes. Who is to go stands in the copy of
 * the definitions and who is left in the schema, so that any replica goes on where another stopped. Somebody who was created
 * while the account went is found in a later round, as long as the copy remembers that it is gone. No minimum is raised for
 * each of them: that of the account was raised when its deletion began, and nobody of it has logged in since.
 *
 * @source architecture "Life cycle"
 */
@Injectable()
export class DeleteAccountRemains {
  constructor(
    private readonly definitions: PolicyFollowing,
    @Inject(ACCOUNT_REMAINS_STORE) private readonly remains: AccountRemainsStore,
    private readonly report: AccountRemainsReport,
    @Inject(POLICY_CLIENT) private readonly policy: PolicyClient,
    private readonly db: Database,
  ) {}

  /**
   * One round over all accounts that are deleted.
   *
   * @param signal ends it early, after the batch under way
   * @returns how many went
   * @throws AppError 'unavailable' without Postgres or policy; the next round goes on
   */
  async round(signal?: AbortSignal): Promise<number> {
    const { begun, ended } = this.accounts();
    let all = 0;
    for (const account of begun) {
      // A copy may be older than a deletion that never was: after policy's schema was restored, say.
      if (!(await this.isUnderWay(account))) continue;
      all += await this.empty(account, signal);
      const left = await this.remains.accountsWithAny(this.db, [account.id]);
      if (left.length === 0) await this.policy.tellAccountEmptied(account.id);
    }
    const late = await this.late(ended);
    for (const account of late) all += await this.empty(account, signal);
    return all;
  }

  private accounts(): { begun: EndingAccount[]; ended: EndingAccount[] } {
    const [begun, ended]: [EndingAccount[], EndingAccount[]] = [[], []];
    for (const definition of this.definitions.definitions.values()) {
      const { kind, id, status, version } = definition;
      if (kind === 'account' && status === 'deleted') ended.push({ id, decidedBy: { kind, id, version } });
      if (kind !== 'prohibition' || status === 'deleted' || definition.cause !== 'deleting') continue;
      if (definition.scope.kind === 'account') begun.push({ id: definition.account, decidedBy: { kind, id, version } });
    }
    return { begun, ended };
  }

  private async isUnderWay({ decidedBy: { id } }: EndingAccount): Promise<boolean> {
    const found = await this.policy.definition('prohibition', id);
    return found?.kind === 'prohibition' && found.status === 'active' && found.cause === 'deleting';
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
