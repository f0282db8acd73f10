import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';

/** A person, with a password or by an identity provider. Times are epoch milliseconds. */
export interface User {
  readonly id: string;
  readonly account: string;
  /** Unique in the account. */
  readonly name: string;
  /** As it was typed; nothing is decided by it. */
  readonly email: string | null;
  /** PHC string of argon2id; null = no log-in by password. */
  readonly passwordHash: string | null;
  /** What refresh tokens are bound to: the version that the user had when the password was set. */
  readonly passwordVersion: number;
  readonly status: 'enabled' | 'disabled';
  /** May create accounts and the like: the mark of a platform operator. */
  readonly operator: boolean;
  /** Brought by the import of a legacy account. */
  readonly isImported: boolean;
  /** `user:<id>` in the `ver` of the tokens issued to them; the next one with each change, groups included. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

export const USER_STORE = Symbol('UserStore');

/** Users as management sees them: each query is bound to the caller's account. */
export interface UserStore {
  find(db: Queryable, account: string, id: string): Promise<User | null>;
  /** As `find`, and nobody else changes them until the transaction ends. */
  lock(tx: Transaction, account: string, id: string): Promise<User | null>;
  /** By name, at most `limit`, behind the name `after`. */
  page(db: Queryable, account: string, page: PrincipalPage): Promise<User[]>;
  /** Whether the installation has its first user already. */
  hasOperator(db: Queryable): Promise<boolean>;
  /** Whether somebody else is a platform operator who can log in, enabled and with a password; locks those who are. */
  hasOtherOperator(tx: Transaction, id: string): Promise<boolean>;
  /** @returns false when the id or the name is taken; nothing is stored then */
  insert(tx: Transaction, user: User): Promise<boolean>;
  /** Stores a user who is locked. */
  update(tx: Transaction, user: User): Promise<void>;
  /** Deletes a user who is locked, and their places in groups. */
  delete(tx: Transaction, user: User): Promise<void>;
}

/** A page of principals by name. */
export interface PrincipalPage {
  readonly after: string | null;
  readonly limit: number;
}

/** Whether they never were or are gone, or are another account's. */
export function noSuchUser(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-user', message: 'there is no such user' });
}
