import { parseBlobKey } from '@berth/blob-store';
import { AppError } from '@berth/errors';
import type { Digest } from '@berth/oci';
import { Database, type Queryable, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { BlobIndexStore, type Blob, type BlobArrival } from '../blob.js';
import type { Repository, RepositoryAddress } from '../repository.js';
import { BatchedLookup } from './batched-lookup.js';

interface BlobRow {
  readonly key: string;
  readonly size_bytes: number;
}

interface WantedBlob {
  readonly address: RepositoryAddress;
  readonly digest: Digest;
}

/** Row by row through the indexes, whatever the planner thinks of the tables' sizes. */
const findBatch = {
  name: 'blob-find',
  text: `select w.place::int, b.key, b.size_bytes
           from unnest($1::uuid[], $2::text[], $3::text[]) with ordinality as w(registry_id, name, digest, place)
          cross join lateral (
            select blob.key, blob.size_bytes
              from repository r
              join repository_blob l on l.repository_id = r.id and l.digest = w.digest
              join blob on blob.account = l.account and blob.digest = l.digest
             where r.registry_id = w.registry_id and r.name = w.name
             limit 1) b`,
};

/** Blobs and their links in Postgres. */
@Injectable()
export class PostgresBlobIndexStore extends BlobIndexStore {
  private readonly lookup = new BatchedLookup<WantedBlob, BlobRow>(
    ({ address, digest }) => `${address.registryId} ${address.name} ${digest}`,
    (wanted) => this.findAll(wanted),
  );

  constructor(private readonly db: Database) {
    super();
  }

  async find(address: RepositoryAddress, digest: Digest): Promise<Blob | null> {
    const row = await this.lookup.find({ address, digest });
    return row === null ? null : blobOf(row, digest);
  }

  async add(tx: Transaction, repository: Repository, { blob, principal, at }: BlobArrival): Promise<Blob> {
    const { account } = repository;
    // Waits for a transaction that is adding the same digest; then its row is live and ours is not stored.
    await tx.query(
      `insert into blob (account, digest, key, size_bytes, created_at) values ($1, $2, $3, $4, $5)
       on conflict (account, digest) do nothing`,
      [account, blob.digest, blob.key, blob.sizeBytes, at],
    );
    const live = await liveBlob(tx, account, blob.digest);
    if (live.sizeBytes !== blob.sizeBytes) {
      throw new AppError({ kind: 'bug', message: `two sizes of ${blob.digest}: ${live.sizeBytes}, ${blob.sizeBytes}` });
    }
    await tx.query(
      `with linked as (
         insert into repository_blob (repository_id, digest, account, linked_at) values ($1, $2, $3, $5)
         on conflict (repository_id, digest) do nothing)
       insert into blob_holder (repository_id, digest, account, principal, at) values ($1, $2, $3, $4, $5)
       on conflict (repository_id, digest, principal) do update set at = excluded.at`,
      [repository.id, blob.digest, account, principal, at],
    );
    return live;
  }

  async sizesOf(tx: Transaction, { id }: Repository, digests: readonly Digest[]): Promise<Map<Digest, number>> {
    const rows = await tx.query<{ digest: Digest; size_bytes: number }>(
      `select l.digest, b.size_bytes
         from repository_blob l
         join blob b on b.account = l.account and b.digest = l.digest
        where l.repository_id = $1 and l.digest = any($2)
          for key share of l`,
      [id, digests],
    );
    return new Map(rows.map((row) => [row.digest, row.size_bytes]));
  }

  async release(tx: Transaction, { id }: Repository, digests: readonly Digest[]): Promise<void> {
    // Locked in one order, so that two pushes which share layers wait for each other instead of deadlocking.
    await tx.query(
      `with locked as materialized (
         select digest from repository_blob
          where repository_id = $1 and digest = any($2) and not released
          order by digest for no key update)
       update repository_blob l set released = true from locked
        where l.repository_id = $1 and l.digest = locked.digest`,
      [id, digests],
    );
  }

  private async findAll(wanted: readonly WantedBlob[]): Promise<ReadonlyMap<number, BlobRow>> {
    const rows = await this.db.prepared<BlobRow & { place: number }>(findBatch, [
      wanted.map(({ address }) => address.registryId),
      wanted.map(({ address }) => address.name),
      wanted.map(({ digest }) => digest),
    ]);
    return new Map(rows.map((row) => [row.place - 1, row]));
  }
}

async function liveBlob(db: Queryable, account: string, digest: Digest): Promise<Blob> {
  const [row] = await db.query<BlobRow>(
    `select key, size_bytes from blob where account = $1 and digest = $2 for key share`,
    [account, digest],
  );
  if (row === undefined) throw new AppError({ kind: 'bug', message: 'a blob vanished while it was added' });
  return blobOf(row, digest);
}

function blobOf({ key, size_bytes }: BlobRow, digest: Digest): Blob {
  return { digest, key: parseBlobKey(key), sizeBytes: size_bytes };
}
