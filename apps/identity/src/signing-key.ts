import type { SigningKey } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';

/** A key of this installation with its private half, which is readable only with the master key. */
export interface StoredSigningKey extends SigningKey {
  /** PKCS #8 DER, sealed with `signingKeyAad(kid)`; null = erased, since it may sign no more. */
  readonly privateKeySealed: Buffer | null;
  /** From when on it signs, epoch milliseconds: not before everybody who verifies knows it. */
  readonly signsFromMs: number;
}

/** What the sealed private half is bound to, so that it opens in no other row. */
export function signingKeyAad(kid: string): string {
  return `signing_key/${kid}`;
}

export const SIGNING_KEY_STORE = Symbol('SigningKeyStore');

export interface SigningKeyStore {
  /** Every key, whatever its status, in the order of versions; the last change is the last. */
  all(db: Queryable): Promise<StoredSigningKey[]>;
  /** Makes the transactions that change keys follow each other. */
  lockAll(tx: Transaction): Promise<void>;
  insert(tx: Transaction, key: StoredSigningKey): Promise<void>;
  /** Stores everything but the public half, which never changes. */
  update(tx: Transaction, key: StoredSigningKey): Promise<void>;
}
