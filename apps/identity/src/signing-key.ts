import type { SigningKey } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';

/** A key of this installation with its private half, which is readable only with the master key. */
export interface StoredSigningKey extends SigningKey {
  /** PKCS #8 DER, sealed with `signingKeyAad(kid)`. */
  readonly privateKeySealed: Buffer;
}

/** What the sealed private half is bound to, so that it opens in no other row. */
export function signingKeyAad(kid: string): string {
  return `signing_key/${kid}`;
}

export const SIGNING_KEY_STORE = Symbol('SigningKeyStore');

export interface SigningKeyStore {
  /** The key that signs: the active one, the newest if there are several; null before the first. */
  active(db: Queryable): Promise<StoredSigningKey | null>;
  /** The public halves of all keys, whatever their status. */
  all(db: Queryable): Promise<SigningKey[]>;
  /** Makes the transactions that look for an active key and then insert one follow each other. */
  lockAll(tx: Transaction): Promise<void>;
  insert(tx: Transaction, key: StoredSigningKey): Promise<void>;
}
