import type { RoleDefinitionDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';

/** Which page of an account's custom roles. */
export interface RoleDefinitionPage {
  /** The last name of the page before; null = the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** The custom roles. Each query is bound to the caller's account, in which names are unique. */
export abstract class RoleDefinitionStore {
  /** By id, or else by name. */
  abstract find(db: Queryable, account: string, idOrName: string): Promise<RoleDefinitionDefinition | null>;
  /** Those that are there, in any order. */
  abstract ofIds(db: Queryable, account: string, ids: readonly string[]): Promise<RoleDefinitionDefinition[]>;
  /** By name, at most `limit`. */
  abstract page(db: Queryable, account: string, page: RoleDefinitionPage): Promise<RoleDefinitionDefinition[]>;
  abstract insert(tx: Transaction, role: RoleDefinitionDefinition): Promise<void>;
  abstract update(tx: Transaction, role: RoleDefinitionDefinition): Promise<void>;
  abstract delete(tx: Transaction, role: RoleDefinitionDefinition): Promise<void>;
}

/** Whether it never was, is gone, or is another account's. */
export function noSuchRole(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-role', message: 'there is no such role' });
}
