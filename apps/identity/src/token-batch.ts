import type { Transaction } from '@berth/persistence';
import type { RepositoryToken, TokenPassword } from './repository-token.js';
import type { TokenFilter } from './token-filter.js';

/** Most tokens that one transaction makes or changes, and one entry of the audit log tells of. */
export const tokensPerBatch = 1000;

/** A token of an import: it says which line it came from. */
export interface ImportedToken extends Omit<RepositoryToken, 'passwords' | 'isPersonal'> {
  readonly importId: string;
  /** From 1. */
  readonly importLine: number;
  /** Null = it has none yet. */
  readonly password: TokenPassword | null;
}

/** What is in the way of an imported name, or was imported under it. */
export interface NamedToken extends Omit<RepositoryToken, 'passwords' | 'isPersonal'> {
  /** Null = it was not imported. */
  readonly importId: string | null;
  readonly importLine: number | null;
  /** Whether it has a password in slot 1. */
  readonly hasPassword: boolean;
}

/** A token as a batch names it. */
export type TokenOfBatch = Pick<RepositoryToken, 'id' | 'name' | 'account'>;

export const TOKEN_BATCH_STORE = Symbol('TokenBatchStore');

/** Many tokens of one registry in one statement, at most {@link tokensPerBatch}; each bound to the caller's account. */
export interface TokenBatchStore {
  /** Those of these names that are there, by name; nobody else changes them until the transaction ends. */
  lockNamed(
    tx: Transaction,
    account: string,
    named: { readonly registryId: string; readonly names: readonly string[] },
  ): Promise<NamedToken[]>;
  /** @returns the names that were free; the others' tokens are not stored, nor are their passwords */
  insert(tx: Transaction, tokens: readonly ImportedToken[]): Promise<ReadonlySet<string>>;
  /** Stores tokens that are locked, and the passwords that they bring. */
  update(tx: Transaction, tokens: readonly ImportedToken[]): Promise<void>;
  /** The first that fulfil the filter behind a name, by name; nobody else changes them until the transaction ends. */
  lockMatching(
    tx: Transaction,
    account: string,
    page: { readonly registryId: string; readonly after: string; readonly filter: TokenFilter },
  ): Promise<TokenOfBatch[]>;
  /** Disables tokens that are locked. */
  disable(
    tx: Transaction,
    tokens: readonly TokenOfBatch[],
    change: { readonly version: number; readonly atMs: number },
  ): Promise<void>;
  /** Deletes tokens that are locked, and their passwords. */
  delete(tx: Transaction, tokens: readonly TokenOfBatch[]): Promise<void>;
}
