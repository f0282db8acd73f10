import type { AccountDefinition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';

/** The tenants. */
export abstract class AccountStore {
  /** @returns false when an account of that id is there; nothing is stored then */
  abstract insert(tx: Transaction, account: AccountDefinition): Promise<boolean>;
}
