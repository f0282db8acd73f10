import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import type { PrincipalRef } from '@berth/policy-engine';
import { z } from 'zod';
import { isReservedName } from './principal-name.js';
import type { TokenFilter } from './token-filter.js';

/** Which of a token's two passwords; two, so that one can be replaced while the other is in use. */
export type SlotNumber = 1 | 2;

/** A password as it is kept: never itself. Its 256 random bits need no slow hash. */
export interface TokenPassword {
  readonly slot: SlotNumber;
  readonly sha256: Buffer;
  /** `slot:<token id>/<slot>` in the `ver` of an access token. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/**
 * A credential of one registry, with exactly the rights of its one scope map, as far as its owner holds them if it has one.
 * Times are epoch milliseconds.
 */
export interface RepositoryToken {
  readonly id: string;
  readonly account: string;
  readonly registryId: string;
  /** Unique in its registry; the user name of a log-in. */
  readonly name: string;
  readonly scopeMapId: string;
  readonly status: 'enabled' | 'disabled';
  readonly expiresAtMs: number | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Who must hold as well what the scope map gives; null = nobody. */
  readonly owner: PrincipalRef | null;
  /** Whether its owner minted it for themselves. */
  readonly isPersonal: boolean;
  /** Of the whole row, its passwords included: whoever remembers the row compares this. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  /** In the order of slots. */
  readonly passwords: readonly TokenPassword[];
}

/** How people and clients name a token. */
export interface TokenKey {
  readonly registryId: string;
  readonly name: string;
}

/** As ACR: 5 to 50 of letters, digits, `-` and `_`, letters compared exactly. */
export const tokenName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{5,50}$/, 'a token name has 5 to 50 letters, digits, "-" or "_"')
  .refine((name) => !isReservedName(name), 'this name is reserved');

export const slotNumber = z.union([z.literal(1), z.literal(2)]);

export const TOKEN_STORE = Symbol('TokenStore');

/** Tokens as management sees them: each query is bound to the caller's account. */
export interface TokenStore {
  find(db: Queryable, account: string, key: TokenKey): Promise<RepositoryToken | null>;
  /** As `find`, and nobody else changes it until the transaction ends. */
  lock(tx: Transaction, account: string, key: TokenKey): Promise<RepositoryToken | null>;
  /** The tokens of a registry that fulfil a filter by name, at most `limit`, behind the name `after`. */
  page(db: Queryable, account: string, page: TokenPage): Promise<RepositoryToken[]>;
  /** @returns false when the name is taken in that registry; nothing is stored then */
  insert(tx: Transaction, token: RepositoryToken): Promise<boolean>;
  /** Stores everything but the passwords of a token that is locked. */
  update(tx: Transaction, token: RepositoryToken): Promise<void>;
  delete(tx: Transaction, token: RepositoryToken): Promise<void>;
  putPassword(tx: Transaction, token: RepositoryToken, password: TokenPassword): Promise<void>;
  deletePassword(tx: Transaction, token: RepositoryToken, slot: SlotNumber): Promise<void>;
  /** Deletes all passwords and certificates of a token that is locked. @returns the slots of the certificates */
  deleteCredentials(tx: Transaction, token: RepositoryToken): Promise<readonly SlotNumber[]>;
  /** Those of an owner by id, at most `limit`, behind the id `after`. */
  owned(db: Queryable, page: OwnedPage): Promise<RepositoryToken[]>;
  /** How many somebody minted for themselves; those that others made with this owner are not among them. */
  countPersonal(db: Queryable, account: string, owner: PrincipalRef): Promise<number>;
  /** Nobody else mints a token for this owner until the transaction ends. */
  lockMinting(tx: Transaction, account: string, owner: PrincipalRef): Promise<void>;
  /** One of an owner by its id, and nobody else changes it until the transaction ends. */
  lockOwned(
    tx: Transaction,
    owned: Pick<OwnedPage, 'account' | 'owner'> & { id: string },
  ): Promise<RepositoryToken | null>;
  /** For policy's question whether a scope map is in use; keyed by an id that policy owns. */
  countOfScopeMap(db: Queryable, scopeMapId: string): Promise<number>;
}

/** Which page of the tokens of an owner. */
export interface OwnedPage {
  readonly account: string;
  readonly owner: PrincipalRef;
  readonly after: string | null;
  readonly limit: number;
}

export interface TokenPage {
  readonly registryId: string;
  readonly after: string | null;
  readonly limit: number;
  readonly filter: TokenFilter;
}

/** Whether it never was or is gone, or is another account's. */
export function noSuchToken(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-token', message: 'there is no such token' });
}
