import { definitionChanged, type AccountDefinition, type Definition } from '@berth/contracts';
import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { AccountRemains } from '../account-remains.js';
import { AccountStore } from '../account.js';
import { EndedDeletions } from './ended-deletions.js';
import { roundSize } from './round-size.js';

/** For how long nobody gets the name of a deleted account: whoever still logs in by it must not meet somebody else there. */
const heldBackMs = 90 * 24 * 3_600_000;

/** Takes away what policy holds of an account that is being deleted, and then the account. */
@Injectable()
export class AccountEnd {
  constructor(
    private readonly accounts: AccountStore,
    private readonly remains: AccountRemains,
    private readonly ended: EndedDeletions,
    private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @returns whether there is more to do, that nobody else is doing */
  async takeSome(tx: Transaction, id: string): Promise<boolean> {
    const account = await this.accounts.lockIfFree(tx, id);
    if (account === null || !(await this.ended.isStarted(tx, account))) return false;
    const changedAt = new Date(this.clock()).toISOString();
    const gone = await this.remains.deleteSome(tx, { account: id, limit: roundSize, changedAt });
    const hasMore = gone.length === roundSize;
    const last = hasMore ? [] : await this.end(tx, account);
    await this.outbox.publishAll(tx, definitionChanged, [...gone, ...last]);
    return hasMore;
  }

  /** The prohibition's row belongs to the account's, and goes before it. */
  private async end(tx: Transaction, account: AccountDefinition): Promise<Definition[]> {
    const states = await this.ended.end(tx, account);
    await this.accounts.delete(tx, account, new Date(this.clock() + heldBackMs));
    return states;
  }
}
