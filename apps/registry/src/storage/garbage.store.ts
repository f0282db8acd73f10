import { parseBlobKey, type BlobKey } from '@berth/blob-store';
import type { Digest } from '@berth/oci';
import type { Queryable, Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import {
  GarbageStore,
  type DroppingBatch,
  type GarbageBatch,
  type GarbageEstimate,
  type RemovedBlobs,
  type ReviewedBlobs,
  type ReviewedLinks,
} from '../garbage.js';
import { uncountBlobs } from './counted-blobs.js';
import { emptyDetached } from './detached-repository.js';
import { forgetHolders, lockUnneeded, removeLinks, type LinkKey } from './unneeded-links.js';
import { changeCounters } from './usage-counters.js';

interface ReviewedBlobRow {
  readonly account: string;
  readonly digest: Digest;
  readonly key: string;
  readonly is_linked: boolean;
}

/** Finds and removes in Postgres what nothing needs; see {@link GarbageStore}. */
@Injectable()
export class PostgresGarbageStore extends GarbageStore {
  async reviewLinks(tx: Transaction, { at, limit, reviewAfter }: DroppingBatch): Promise<ReviewedLinks> {
    const due = await tx.query<LinkKey>(
      `select repository_id, digest from link_review
        where review_after <= $1 order by review_after limit $2 for update skip locked`,
      [at, limit],
    );
    const [repositories, digests] = [due.map((each) => each.repository_id), due.map((each) => each.digest)];
    // Most are needed. Whoever takes the last reference away from now on queues another review, behind this lock.
    const kept = await tx.query<LinkKey>(
      `delete from link_review v using unnest($1::uuid[], $2::text[]) as w(repository_id, digest)
        where v.repository_id = w.repository_id and v.digest = w.digest
          and exists (select 1 from manifest_reference m
                       where m.repository_id = w.repository_id and m.target = w.digest and m.kind = 'blob')
       returning v.repository_id, v.digest`,
      [repositories, digests],
    );
    await forgetHolders(tx, kept);
    const links = await lockUnneeded(tx, due);
    await removeLinks(tx, links, reviewAfter);
    await tx.query(`update repository set version = version + 1 where id = any($1)`, [
      [...new Set(links.map((link) => link.repository_id))],
    ]);
    return { looked: due.length, kept: kept.length, removed: links.length };
  }

  async markBlobs(tx: Transaction, { at, limit }: GarbageBatch): Promise<ReviewedBlobs> {
    const locked = await tx.query<Pick<ReviewedBlobRow, 'account' | 'digest'>>(
      `select b.account, b.digest
         from blob_review w
         join blob b on b.account = w.account and b.digest = w.digest
        where w.review_after <= $1
        order by w.review_after limit $2 for update of w, b skip locked`,
      [at, limit],
    );
    const names = [locked.map((each) => each.account), locked.map((each) => each.digest)];
    const looked = await tx.query<ReviewedBlobRow>(
      `select b.account, b.digest, b.key,
              exists (select 1 from repository_blob l where l.account = b.account and l.digest = b.digest) as is_linked
         from unnest($1::uuid[], $2::text[]) as w(account, digest)
         join blob b on b.account = w.account and b.digest = w.digest`,
      names,
    );
    const freed = await uncountBlobs(tx, looked);
    const linked = looked.filter((blob) => blob.is_linked);
    await tx.query(
      `delete from blob_review v using unnest($1::uuid[], $2::text[]) as w(account, digest)
        where v.account = w.account and v.digest = w.digest`,
      [linked.map((blob) => blob.account), linked.map((blob) => blob.digest)],
    );
    const keys = looked.filter((blob) => !blob.is_linked).map((blob) => blob.key);
    await tx.query(`update blob set deleting = true where key = any($1) and not deleting`, [keys]);
    await changeCounters(tx, freed);
    return { looked: looked.length, marked: keys.map(parseBlobKey) };
  }

  async removeMarked(tx: Transaction, keys: readonly BlobKey[]): Promise<RemovedBlobs> {
    const removed = await tx.query<{ size_bytes: number }>(
      `with marked as materialized (
         select b.key from blob b join blob_review w on w.account = b.account and w.digest = b.digest
          where b.key = any($1) and b.deleting for update of b, w skip locked)
       delete from blob using marked where blob.key = marked.key returning size_bytes`,
      [keys],
    );
    return { count: removed.length, bytes: removed.reduce((sum, { size_bytes }) => sum + size_bytes, 0) };
  }

  async doomedKeys(db: Queryable, { at, limit }: GarbageBatch): Promise<readonly BlobKey[]> {
    const rows = await db.query<{ key: string }>(
      `select key from doomed_key d
        where doomed_at <= $1 and not exists (select 1 from blob b where b.key = d.key)
        order by doomed_at limit $2`,
      [at, limit],
    );
    return rows.map(({ key }) => parseBlobKey(key));
  }

  async forgetKeys(tx: Transaction, keys: readonly BlobKey[]): Promise<number> {
    const forgotten = await tx.query(
      `with known as materialized (select key from doomed_key where key = any($1) for update skip locked)
       delete from doomed_key d using known where d.key = known.key returning d.key`,
      [keys],
    );
    return forgotten.length;
  }

  emptyDetached(tx: Transaction, batch: DroppingBatch): Promise<number> {
    return emptyDetached(tx, batch);
  }

  async forgetDeletions(tx: Transaction, { before, limit }: { before: Date; limit: number }): Promise<number> {
    const forgotten = await tx.query(
      `with old as materialized (
         select registry_id, name from repository_deletion
          where deleted_at < $1 order by deleted_at limit $2 for update skip locked)
       delete from repository_deletion d using old
        where d.registry_id = old.registry_id and d.name = old.name returning d.name`,
      [before, limit],
    );
    return forgotten.length;
  }

  async dueReviews(db: Queryable, at: Date): Promise<number> {
    const [row] = await db.query<{ due: number }>(
      `select (select count(*) from (select 1 from link_review where review_after <= $1 limit 100000) l)
            + (select count(*) from (select 1 from blob_review where review_after <= $1 limit 100000) b) as due`,
      [at],
    );
    return row?.due ?? 0;
  }

  async estimate(db: Queryable, { at, digests }: { at: Date; digests: number }): Promise<GarbageEstimate> {
    const [row] = await db.query<GarbageEstimate>(
      `with unlinked as materialized (
         select b.digest, b.size_bytes
           from blob_review w
           join blob b on b.account = w.account and b.digest = w.digest
          where w.review_after <= $1
            and not exists (select 1 from repository_blob l where l.account = b.account and l.digest = b.digest))
       select (select count(*) from link_review v
                where v.review_after <= $1
                  and not exists (select 1 from manifest_reference m
                                   where m.repository_id = v.repository_id and m.target = v.digest and m.kind = 'blob')
              ) as links,
              (select count(*) from unlinked) as blobs,
              (select coalesce(sum(size_bytes), 0)::bigint from unlinked) as bytes,
              array(select digest from unlinked order by digest limit $2) as digests,
              (select count(*) from doomed_key where doomed_at <= $1) as keys,
              (select count(*) from repository where detached_at is not null) as repositories`,
      [at, digests],
    );
    return row ?? { links: 0, blobs: 0, bytes: 0, digests: [], keys: 0, repositories: 0 };
  }
}
