import type { Queryable, Transaction } from '@berth/persistence';

/** A person with a password. */
export interface User {
  readonly id: string;
  readonly account: string;
  /** Unique in the account. */
  readonly name: string;
  /** PHC string of argon2id; null = no log-in by password. */
  readonly passwordHash: string | null;
  readonly status: 'enabled' | 'disabled';
  /** May create accounts and the like: the mark of a platform operator. */
  readonly operator: boolean;
  /** `user:<id>` in the `ver` of the tokens issued to them. */
  readonly version: number;
  readonly createdAtMs: number;
}

export const USER_STORE = Symbol('UserStore');

export interface UserStore {
  byName(db: Queryable, account: string, name: string): Promise<User | null>;
  /** Whether the installation has its first user already. */
  hasOperator(db: Queryable): Promise<boolean>;
  /** @returns false when the id or the name is taken; nothing is stored then */
  insert(tx: Transaction, user: User): Promise<boolean>;
}
