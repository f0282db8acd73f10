import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';

/** Which page of an account's registries. */
export interface RegistryPage {
  /** The last name of the page before; null = the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** The registries. Names are unique in the installation, because a login server is one registry's. */
export abstract class RegistryStore {
  /** Null also for another account's. */
  abstract find(db: Queryable, account: string, name: string): Promise<RegistryDefinition | null>;
  /** For other services, which ask on behalf of nobody. */
  abstract findInAnyAccount(db: Queryable, name: string): Promise<RegistryDefinition | null>;
  /** By name, at most `limit`. */
  abstract page(db: Queryable, account: string, page: RegistryPage): Promise<RegistryDefinition[]>;
  /** @returns false when a registry of that id or name is there; nothing is stored then */
  abstract insert(tx: Transaction, registry: RegistryDefinition): Promise<boolean>;
}

/** Whether it never was, or is another account's. */
export function noSuchRegistry(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-registry', message: 'there is no such registry' });
}
