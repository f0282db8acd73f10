import type { EnforcementDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';

/** In which regions of accounts that were imported as legacy access policies are enforced. Other accounts have none. */
export abstract class EnforcementStore {
  /** By region. */
  abstract ofAccount(db: Queryable, account: string): Promise<EnforcementDefinition[]>;
  /** Nobody else changes it until the transaction ends. Null where it is on by itself. */
  abstract lock(tx: Transaction, account: string, region: string): Promise<EnforcementDefinition | null>;
  /** @returns false when the region has one; nothing is stored then */
  abstract insert(tx: Transaction, enforcement: EnforcementDefinition): Promise<boolean>;
  /** Stores the new state of one that is locked. */
  abstract update(tx: Transaction, enforcement: EnforcementDefinition): Promise<void>;
}
