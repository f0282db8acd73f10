import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import type { PrincipalPage } from './user.js';

/** API keys of one service ID, at most: enough to move from one to the next in many places. */
export const maxApiKeys = 20;

/** A program's own identity, which logs in with one of its API keys. Times are epoch milliseconds. */
export interface ServiceId {
  readonly id: string;
  readonly account: string;
  /** Unique in the account; the user name of a log-in. */
  readonly name: string;
  readonly status: 'enabled' | 'disabled';
  /** `service:<id>` in the `ver` of the tokens issued to it; the next one with each change, groups included. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/** An API key as it is kept: never itself. Its 256 random bits need no slow hash. */
export interface ApiKey {
  readonly id: string;
  /** What people call it; null = nothing. */
  readonly name: string | null;
  readonly sha256: Buffer;
  /** `api-key:<id>` in the `ver` of an access token, and what a refresh token is bound to. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

export const SERVICE_ID_STORE = Symbol('ServiceIdStore');

/** Service IDs as management sees them: each query is bound to the caller's account. */
export interface ServiceIdStore {
  find(db: Queryable, account: string, id: string): Promise<ServiceId | null>;
  /** As `find`, and nobody else changes it or its keys until the transaction ends. */
  lock(tx: Transaction, account: string, id: string): Promise<ServiceId | null>;
  /** By name, at most `limit`, behind the name `after`. */
  page(db: Queryable, account: string, page: PrincipalPage): Promise<ServiceId[]>;
  /** @returns false when the name is taken; nothing is stored then */
  insert(tx: Transaction, service: ServiceId): Promise<boolean>;
  /** Stores a service ID that is locked. */
  update(tx: Transaction, service: ServiceId): Promise<void>;
  /** Deletes a service ID that is locked, its keys and its places in groups. */
  delete(tx: Transaction, service: ServiceId): Promise<void>;
  /** In the order in which they were made, at most {@link maxApiKeys}. */
  keys(db: Queryable, service: ServiceId): Promise<ApiKey[]>;
  insertKey(tx: Transaction, service: ServiceId, key: ApiKey): Promise<void>;
  /** @returns false when it has no such key */
  deleteKey(tx: Transaction, service: ServiceId, keyId: string): Promise<boolean>;
}

/** Whether it never was or is gone, or is another account's. */
export function noSuchServiceId(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-service-id', message: 'there is no such service ID' });
}

export function noSuchApiKey(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-api-key', message: 'the service ID has no such API key' });
}
