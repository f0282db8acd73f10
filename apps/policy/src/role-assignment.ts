import type { RoleAssignmentDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';

/** Who holds which role where. */
export abstract class RoleAssignmentStore {
  /** All of a principal and its groups within an account, the oldest first. */
  abstract ofPrincipals(
    db: Queryable,
    account: string,
    principals: readonly string[],
  ): Promise<RoleAssignmentDefinition[]>;
  /** @returns false when an assignment of that id is there; nothing is stored then */
  abstract insert(tx: Transaction, assignment: RoleAssignmentDefinition): Promise<boolean>;
}
