import type { Definition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';

/** What policy itself holds of a registry that is being deleted. */
export interface RemainsQuestion {
  readonly registryId: string;
  readonly limit: number;
  /** When they end, ISO 8601. */
  readonly changedAt: string;
}

/** The scope maps, role assignments, namespaces, prohibitions, anonymous access and content policies of a registry. */
export abstract class RegistryRemains {
  /**
   * Deletes some of them, but the prohibition that tells of the registry's own deletion.
   *
   * @returns the last states of what was deleted, with versions of their own; at most `limit`, fewer when no more is left
   */
  abstract deleteSome(tx: Transaction, question: RemainsQuestion): Promise<Definition[]>;
}
