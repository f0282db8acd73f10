import type { RoleAssignmentDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';

/** What an assignment says: two that say the same are one. */
export type RoleAssignmentContent = Pick<RoleAssignmentDefinition, 'principal' | 'role' | 'scope' | 'condition'>;

/** Which page of an account's assignments; null = whatever it is. */
export interface RoleAssignmentPage {
  readonly principal: string | null;
  /** A built-in role's name, or a custom role's id. */
  readonly role: string | null;
  readonly scope: RoleAssignmentDefinition['scope'] | null;
  /** The last id of the page before; null = the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** Who holds which role where. Each query of management is bound to the caller's account. */
export abstract class RoleAssignmentStore {
  /** All of a principal and its groups within an account, the oldest first. */
  abstract ofPrincipals(
    db: Queryable,
    account: string,
    principals: readonly string[],
  ): Promise<RoleAssignmentDefinition[]>;
  abstract find(db: Queryable, account: string, id: string): Promise<RoleAssignmentDefinition | null>;
  /** The one that says exactly this, or null. */
  abstract same(
    db: Queryable,
    account: string,
    content: RoleAssignmentContent,
  ): Promise<RoleAssignmentDefinition | null>;
  /** The oldest first, at most `limit`. */
  abstract page(db: Queryable, account: string, page: RoleAssignmentPage): Promise<RoleAssignmentDefinition[]>;
  abstract countOfRole(db: Queryable, account: string, role: string): Promise<number>;
  /** @returns false when an assignment of that id is there; nothing is stored then */
  abstract insert(tx: Transaction, assignment: RoleAssignmentDefinition): Promise<boolean>;
  abstract delete(tx: Transaction, assignment: RoleAssignmentDefinition): Promise<void>;
}

/** Whether it never was, is gone, or is another account's. */
export function noSuchAssignment(): AppError {
  return new AppError({
    kind: 'not-found',
    code: 'unknown-role-assignment',
    message: 'there is no such role assignment',
  });
}
