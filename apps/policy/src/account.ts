import type { AccountDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import { z } from 'zod';

/** Which page of the accounts. */
export interface AccountPage {
  /** The last name of the page before; null = the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** What an account can be called. */
export const accountName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'an account name has 1 to 63 small letters, digits and "-", and "-" neither first nor last',
  );

/** A user, as the Owner of an account is one. */
export const userRef = z.string().regex(/^user:[0-9a-f-]{36}$/, 'an owner is user:<id>');

/** The tenants. Names are unique in the installation. */
export abstract class AccountStore {
  abstract find(db: Queryable, name: string): Promise<AccountDefinition | null>;
  /** By name, at most `limit`. */
  abstract page(db: Queryable, page: AccountPage): Promise<AccountDefinition[]>;
  /** By the id, and nobody else changes it until the transaction ends. */
  abstract lock(tx: Transaction, id: string): Promise<AccountDefinition | null>;
  /** As {@link lock}, but waits for nobody: null also while somebody else holds it. */
  abstract lockIfFree(tx: Transaction, id: string): Promise<AccountDefinition | null>;
  /** @returns false when an account of that id or name is there; nothing is stored then */
  abstract insert(tx: Transaction, account: AccountDefinition): Promise<boolean>;
  /** Deletes an account that is locked and in which nothing is left, and holds its name back. */
  abstract delete(tx: Transaction, account: AccountDefinition, heldUntil: Date): Promise<void>;
  /** Until when nobody may give this name, because an account had it; null = anybody may. */
  abstract heldUntil(db: Queryable, name: string, now: Date): Promise<Date | null>;
}

/** Whether it never was or is gone. */
export function noSuchAccount(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-account', message: 'there is no such account' });
}
