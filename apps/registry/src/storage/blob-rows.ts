import { parseBlobKey } from '@berth/blob-store';
import type { Digest } from '@berth/oci';
import type { Queryable, Transaction } from '@berth/persistence';
import type { Blob } from '../blob.js';
import { doomKeys } from './doomed-keys.js';

/** What a row of `blob` says of where the bytes are. */
export interface BlobRow {
  readonly key: string;
  readonly size_bytes: number;
}

/** The row that stands for the digest until the transaction ends; one that the collector or the scrubber took is replaced. */
export async function settle(tx: Transaction, account: string, { blob, at }: { blob: Blob; at: Date }): Promise<Blob> {
  for (;;) {
    // Waits for a transaction that is adding the same digest; then its row is live and ours is not stored.
    await tx.query(
      `insert into blob (account, digest, key, size_bytes, created_at) values ($1, $2, $3, $4, $5)
       on conflict (account, digest) do nothing`,
      [account, blob.digest, blob.key, blob.sizeBytes, at],
    );
    await replaceLost(tx, account, { blob, at });
    await tx.query('savepoint looked');
    const live = await liveBlob(tx, account, blob.digest);
    if (live !== null) return live;
    // Marked or removed between two of the statements: the next look finds it so. The lock that the look has got all the
    // same goes back: two uploads that keep it and then replace the row would wait for each other.
    await tx.query('rollback to savepoint looked');
  }
}

/** Gives a blob whose bytes are being removed, or were found bad, the bytes that have just arrived. */
async function replaceLost(tx: Transaction, account: string, { blob, at }: { blob: Blob; at: Date }): Promise<void> {
  const [lost] = await tx.query<{ key: string }>(
    `with lost as (
       select key from blob
        where account = $1 and digest = $2 and (deleting or bad_since is not null) for update)
     update blob set key = $3, size_bytes = $4, deleting = false, bad_since = null, verified_at = null
       from lost where account = $1 and digest = $2
     returning lost.key`,
    [account, blob.digest, blob.key, blob.sizeBytes],
  );
  if (lost !== undefined) await doomKeys(tx, [lost.key], at);
}

/** The blob, whose row stays until the transaction ends; null when its bytes are being removed, or were found bad. */
export async function liveBlob(db: Queryable, account: string, digest: Digest): Promise<Blob | null> {
  const [row] = await db.query<BlobRow>(
    `select key, size_bytes from blob
      where account = $1 and digest = $2 and not deleting and bad_since is null for key share`,
    [account, digest],
  );
  return row === undefined ? null : blobOf(row, digest);
}

/** @throws nothing for a row of `blob` */
export function blobOf({ key, size_bytes }: BlobRow, digest: Digest): Blob {
  return { digest, key: parseBlobKey(key), sizeBytes: size_bytes };
}
