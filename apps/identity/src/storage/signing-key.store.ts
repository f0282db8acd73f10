import { signingKey, type SigningKey } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import type { SigningKeyStore, StoredSigningKey } from '../signing-key.js';

interface PublicRow {
  readonly kid: string;
  readonly alg: string;
  readonly public_jwk: unknown;
  readonly status: string;
  readonly version: number;
  readonly changed_at: Date;
}

interface SigningKeyRow extends PublicRow {
  readonly private_key_sealed: Buffer;
}

/** {@link SigningKeyStore} on Postgres. */
export class PostgresSigningKeyStore implements SigningKeyStore {
  async active(db: Queryable): Promise<StoredSigningKey | null> {
    const [row] = await db.query<SigningKeyRow>(
      `select kid, alg, public_jwk, private_key_sealed, status, version, changed_at
         from signing_key where status = 'active' order by version desc limit 1`,
    );
    return row === undefined ? null : { ...keyOf(row), privateKeySealed: row.private_key_sealed };
  }

  async all(db: Queryable): Promise<SigningKey[]> {
    const rows = await db.query<PublicRow>(
      `select kid, alg, public_jwk, status, version, changed_at from signing_key order by version`,
    );
    return rows.map(keyOf);
  }

  async lockAll(tx: Transaction): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('berth-signing-key ' || current_schema(), 0))`);
  }

  async insert(tx: Transaction, key: StoredSigningKey): Promise<void> {
    await tx.query(
      `insert into signing_key (kid, alg, public_jwk, private_key_sealed, status, version, changed_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        key.kid,
        key.alg,
        JSON.stringify(key.publicJwk),
        key.privateKeySealed,
        key.status,
        key.version,
        new Date(key.changedAt),
      ],
    );
  }
}

function keyOf({ kid, alg, public_jwk: publicJwk, status, version, changed_at: changedAt }: PublicRow): SigningKey {
  return signingKey.parse({ kid, alg, publicJwk, status, version, changedAt: changedAt.toISOString() });
}
