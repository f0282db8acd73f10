import type { Queryable, Transaction } from '@berth/persistence';

/** Principals of an account that one transaction deletes, at most. */
export const principalsPerBatch = 500;

/** Something of an account that went with it. */
export interface Removed {
  readonly id: string;
  readonly name: string;
}

/** A batch of what went with an account; at least one. */
export interface RemovedBatch {
  readonly kind: 'federation' | 'workload' | 'service' | 'group' | 'user';
  readonly removed: readonly Removed[];
}

export const ACCOUNT_REMAINS_STORE = Symbol('AccountRemainsStore');

/** Who is left of accounts that are deleted. What somebody else is changing or deleting is left out: replicas share the work. */
export interface AccountRemainsStore {
  /** Those of these accounts that have a principal, a group or a federation. What somebody is about to delete is there still. */
  accountsWithAny(db: Queryable, accounts: readonly string[]): Promise<string[]>;
  /**
   * Deletes some of an account with all that belongs to it: federations, workloads that none leads to any more, service IDs
   * with their API keys, groups, users with their sessions; in this order.
   *
   * @returns null when there is nothing that nobody else holds
   */
  deleteSome(tx: Transaction, account: string): Promise<RemovedBatch | null>;
}
