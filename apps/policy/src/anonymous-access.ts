import type { AnonymousAccessDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';

/** What registries open to those without a credential. Its id is the registry's. */
export abstract class AnonymousAccessStore {
  /** Null = nothing was ever opened. */
  abstract find(db: Queryable, account: string, registryId: string): Promise<AnonymousAccessDefinition | null>;
  /** Stores the new state, whether or not there was one. */
  abstract put(tx: Transaction, access: AnonymousAccessDefinition): Promise<void>;
  /** Deletes it, if it is there. */
  abstract delete(tx: Transaction, registryId: string): Promise<void>;
}
