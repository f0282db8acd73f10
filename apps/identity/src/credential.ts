import type { RepositoryToken, TokenKey } from './repository-token.js';
import type { TokenOwner } from './token-owner.js';

/** How far the copies in the schema are, of one snapshot. */
export interface Epochs {
  /** Of policy's definitions. */
  readonly definitions: number;
  /** Of the registry's deletions of repositories. */
  readonly deletions: number;
}

/** A repository token as a log-in reads it. */
export interface TokenCredential extends RepositoryToken {
  /** Null = the token has none, or it is gone: `owner` tells which. */
  readonly ownerNow: TokenOwner | null;
}

/** Both versions by which what is remembered of a token is compared. */
export interface TokenVersions {
  readonly version: number;
  /** Null = as of {@link TokenCredential.ownerNow}. */
  readonly ownerVersion: number | null;
}

/** What one snapshot of the schema says about some tokens, and how far the copies in it are. */
export interface CredentialVersions {
  readonly epochs: Epochs;
  /** By token id; a token that is gone has none. */
  readonly versions: ReadonlyMap<string, TokenVersions>;
}

export interface Credentials {
  readonly epochs: Epochs;
  /** By `credentialKey`; an unknown name has none. */
  readonly tokens: ReadonlyMap<string, TokenCredential>;
}

/** One token's place in memory. No registry id contains a `/`. */
export function credentialKey({ registryId, name }: TokenKey): string {
  return `${registryId}/${name}`;
}

export const CREDENTIAL_STORE = Symbol('CredentialStore');

/**
 * What the path of an issue reads: many questions in one statement, of one snapshot. Not bound to an account, because
 * the account is only known from the answer; keyed by the id of a registry that is known here. Reads the primary.
 */
export interface CredentialStore {
  versions(tokenIds: readonly string[]): Promise<CredentialVersions>;
  read(keys: readonly TokenKey[]): Promise<Credentials>;
  epochs(): Promise<Epochs>;
}
