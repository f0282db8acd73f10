import { signingKey } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import type { SigningKeyStore, StoredSigningKey } from '../signing-key.js';

interface SigningKeyRow {
  readonly kid: string;
  readonly alg: string;
  readonly public_jwk: unknown;
  readonly private_key_sealed: Buffer | null;
  readonly status: string;
  readonly version: number;
  readonly changed_at: Date;
  readonly signs_from: Date | null;
}

/** {@link SigningKeyStore} on Postgres. */
export class PostgresSigningKeyStore implements SigningKeyStore {
  async all(db: Queryable): Promise<StoredSigningKey[]> {
    const rows = await db.query<SigningKeyRow>(
      `select kid, alg, public_jwk, private_key_sealed, status, version, changed_at, signs_from
         from signing_key order by version`,
    );
    return rows.map(keyOf);
  }

  async lockAll(tx: Transaction): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('berth-signing-key ' || current_schema(), 0))`);
  }

  async insert(tx: Transaction, key: StoredSigningKey): Promise<void> {
    await tx.query(
      `insert into signing_key (kid, alg, public_jwk, private_key_sealed, status, version, changed_at, signs_from)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [key.kid, key.alg, JSON.stringify(key.publicJwk), ...changeable(key)],
    );
  }

  async update(tx: Transaction, key: StoredSigningKey): Promise<void> {
    await tx.query(
      `update signing_key set private_key_sealed = $2, status = $3, version = $4, changed_at = $5, signs_from = $6
        where kid = $1`,
      [key.kid, ...changeable(key)],
    );
  }
}

function changeable({ privateKeySealed, status, version, changedAt, signsFromMs }: StoredSigningKey) {
  return [privateKeySealed, status, version, new Date(changedAt), new Date(signsFromMs)];
}

function keyOf({ public_jwk: publicJwk, changed_at: changedAt, signs_from: signsFrom, ...row }: SigningKeyRow) {
  const { kid, alg, status, version, private_key_sealed: privateKeySealed } = row;
  const key = signingKey.parse({ kid, alg, publicJwk, status, version, changedAt: changedAt.toISOString() });
  return { ...key, privateKeySealed, signsFromMs: (signsFrom ?? changedAt).getTime() };
}
