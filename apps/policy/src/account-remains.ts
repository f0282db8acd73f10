import type { Definition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';

/** What policy itself holds of an account that is being deleted. */
export interface AccountRemainsQuestion {
  /** Its id. */
  readonly account: string;
  readonly limit: number;
  /** When they end, ISO 8601. */
  readonly changedAt: string;
}

/** The role assignments, access policies, custom roles, enforcement and prohibitions of an account that has no registry. */
export abstract class AccountRemains {
  /**
   * Deletes some of them, but the prohibition that tells of the account's own deletion.
   *
   * @returns the last states of what was deleted, with versions of their own; at most `limit`, fewer when no more is left
   */
  abstract deleteSome(tx: Transaction, question: AccountRemainsQuestion): Promise<Definition[]>;
}
