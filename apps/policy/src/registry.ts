import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import { z } from 'zod';

/** Which page of an account's registries. */
export interface RegistryPage {
  /** The last name of the page before; null = the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** @source Azure Container Registry, registry resource: 5 to 50 letters and digits */
export const registryName = z
  .string()
  .regex(/^[A-Za-z0-9]{5,50}$/, 'a registry name has 5 to 50 letters and digits, and nothing else');

/** The registries. Names are unique in the installation, in upper or lower case, because a login server is one registry's. */
export abstract class RegistryStore {
  /** Null also for another account's. */
  abstract find(db: Queryable, account: string, name: string): Promise<RegistryDefinition | null>;
  /** Those of the account that have these names. */
  abstract findAll(db: Queryable, account: string, names: readonly string[]): Promise<RegistryDefinition[]>;
  /** As `find`, and nobody else changes it until the transaction ends. */
  abstract lock(tx: Transaction, account: string, name: string): Promise<RegistryDefinition | null>;
  /** For other services, which ask on behalf of nobody. */
  abstract findInAnyAccount(db: Queryable, name: string): Promise<RegistryDefinition | null>;
  /** Which account a registry belongs to, which never changes. For other services too. */
  abstract accountOf(db: Queryable, id: string): Promise<string | null>;
  /** As {@link lock}, for other services, by the id. Waits for nobody: null also while somebody else holds it. */
  abstract lockInAnyAccountIfFree(tx: Transaction, id: string): Promise<RegistryDefinition | null>;
  /** By name, at most `limit`. */
  abstract page(db: Queryable, account: string, page: RegistryPage): Promise<RegistryDefinition[]>;
  /** How many an account has, those that are being deleted included. */
  abstract count(db: Queryable, account: string): Promise<number>;
  /** @returns false when a registry of that id or name is there; nothing is stored then */
  abstract insert(tx: Transaction, registry: RegistryDefinition): Promise<boolean>;
  /** Stores region, resource group and plan of a registry that is locked. */
  abstract update(tx: Transaction, registry: RegistryDefinition): Promise<void>;
  /** Deletes a registry that is locked and in which nothing is left, and holds its name back. */
  abstract delete(tx: Transaction, registry: RegistryDefinition, heldUntil: Date): Promise<void>;
  /** Until when nobody may give this name, because a registry had it; null = anybody may. */
  abstract heldUntil(db: Queryable, name: string, now: Date): Promise<Date | null>;
}

/** Whether it never was, or is another account's. */
export function noSuchRegistry(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-registry', message: 'there is no such registry' });
}
