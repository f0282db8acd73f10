import type { AccessPolicyDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';

/** What a policy says: two that say the same are one. */
export type AccessPolicyContent = Pick<AccessPolicyDefinition, 'subject' | 'roles' | 'target'>;

/** Which page of an account's policies; null = whatever it is. */
export interface AccessPolicyPage {
  readonly subject: string | null;
  /** The last id of the page before; null = the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** The access policies. Each query is bound to the caller's account. */
export abstract class AccessPolicyStore {
  abstract find(db: Queryable, account: string, id: string): Promise<AccessPolicyDefinition | null>;
  /** The one that says exactly this, or null. */
  abstract same(db: Queryable, account: string, content: AccessPolicyContent): Promise<AccessPolicyDefinition | null>;
  /** The oldest first, at most `limit`. */
  abstract page(db: Queryable, account: string, page: AccessPolicyPage): Promise<AccessPolicyDefinition[]>;
  abstract insert(tx: Transaction, policy: AccessPolicyDefinition): Promise<void>;
  abstract update(tx: Transaction, policy: AccessPolicyDefinition): Promise<void>;
  abstract delete(tx: Transaction, policy: AccessPolicyDefinition): Promise<void>;
}

/** Whether it never was, is gone, or is another account's. */
export function noSuchPolicy(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-access-policy', message: 'there is no such access policy' });
}
