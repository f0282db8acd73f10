import { parseBlobKey } from '@berth/blob-store';
import type { Digest } from '@berth/oci';
import type { Queryable, Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { ScrubStore, type ScrubbedBlob } from '../scrub.js';

interface ClaimedRow {
  readonly account: string;
  readonly digest: Digest;
  readonly key: string;
  readonly size_bytes: number;
  readonly verified_at: Date | null;
}

/** What the scrubber knows, in Postgres. */
@Injectable()
export class PostgresScrubStore extends ScrubStore {
  async claim(db: Queryable, { at, verifiedBefore }: { at: Date; verifiedBefore: Date }): Promise<ScrubbedBlob | null> {
    const [row] = await db.query<ClaimedRow>(
      `with next as materialized (
         select account, digest, verified_at from blob
          where not deleting and bad_since is null and (verified_at is null or verified_at < $2)
          order by verified_at nulls first limit 1 for no key update skip locked)
       update blob b set verified_at = $1 from next
        where b.account = next.account and b.digest = next.digest
       returning b.account, b.digest, b.key, b.size_bytes, next.verified_at`,
      [at, verifiedBefore],
    );
    if (row === undefined) return null;
    const { account, digest, key, size_bytes: sizeBytes, verified_at: verifiedAt } = row;
    return { account, digest, key: parseBlobKey(key), sizeBytes, claimedAt: at, verifiedAt };
  }

  async giveBack(db: Queryable, { key, claimedAt }: ScrubbedBlob, verifiedAt: Date | null): Promise<void> {
    await db.query(`update blob set verified_at = $3 where key = $1 and verified_at = $2`, [
      key,
      claimedAt,
      verifiedAt,
    ]);
  }

  async markBad(tx: Transaction, { account, digest, key }: ScrubbedBlob, at: Date): Promise<boolean> {
    // The strong lock waits for whoever is linking the blob just now, so that no repository is left out below.
    const locked = await tx.query(
      `select 1 from blob where key = $1 and not deleting and bad_since is null for update`,
      [key],
    );
    if (locked.length === 0) return false;
    await tx.query(`update blob set bad_since = $2 where key = $1`, [key, at]);
    await tx.query(
      `with linking as materialized (
         select id from repository
          where id in (select repository_id from repository_blob where account = $1 and digest = $2)
          order by id for no key update)
       update repository r set version = version + 1 from linking where r.id = linking.id`,
      [account, digest],
    );
    return true;
  }
}
