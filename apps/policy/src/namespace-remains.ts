import type { Definition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';
import type { NamespaceKey } from './namespace.js';

/** What policy itself holds of a namespace that is being deleted. */
export interface NamespaceRemainsQuestion extends NamespaceKey {
  readonly limit: number;
  /** When they end, ISO 8601. */
  readonly changedAt: string;
}

/**
 * What names a namespace and nothing else, so that whoever makes one of that name again gives nothing by it: role assignments
 * at it or at repositories in it, access policies on it, and its quota. An access policy names no registry: one that reaches
 * another registry of the account too stays, as it may be meant for the namespace of that name there.
 */
export abstract class NamespaceRemains {
  /**
   * Deletes some of them. The caller holds the lock on the account's grants.
   *
   * @returns the last states of what was deleted, and the content policies without the quota, with versions of their own; at most
   *   `limit`, fewer when no more is left
   */
  abstract deleteSome(tx: Transaction, question: NamespaceRemainsQuestion): Promise<Definition[]>;
}
