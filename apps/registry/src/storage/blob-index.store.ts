import { AppError } from '@berth/errors';
import type { Digest } from '@berth/oci';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import {
  BlobIndexStore,
  type ArrivedBlob,
  type BlobArrival,
  type BlobMount,
  type BlobStanding,
  type LinkedBlob,
  type NamedBlob,
  type NamedBlobs,
} from '../blob.js';
import type { Repository, RepositoryAddress } from '../repository.js';
import { BatchedLookup } from './batched-lookup.js';
import { linkBlob } from './blob-links.js';
import { holdNamed } from './named-blobs.js';
import { blobOf, liveBlob, settle, type BlobRow } from './blob-rows.js';
import { CheckedMemory, type Remembered } from './checked-memory.js';
import { doomKeys } from './doomed-keys.js';
import { hasClosedReference, hasOpenReference, weighLinks } from './open-references.js';
import { forgetHolders, forgetReviews } from './unneeded-links.js';

interface LinkRow extends BlobRow {
  readonly repository_id: string;
  readonly version: number;
  readonly released: boolean;
  readonly is_bad: boolean;
}

interface WantedBlob {
  readonly address: RepositoryAddress;
  readonly digest: Digest;
}

/** Row by row through the indexes, whatever the planner thinks of the tables' sizes. */
const findBatch = {
  name: 'blob-find',
  text: `select w.place::int, b.*
           from unnest($1::uuid[], $2::text[], $3::text[]) with ordinality as w(registry_id, name, digest, place)
          cross join lateral (
            select blob.key, blob.size_bytes, r.id as repository_id, r.version, l.released,
                   blob.bad_since is not null as is_bad
              from repository r
              join repository_blob l on l.repository_id = r.id and l.digest = w.digest
              join blob on blob.account = l.account and blob.digest = l.digest
             where r.registry_id = w.registry_id and r.name = w.name
             limit 1) b`,
};

interface StandingRow {
  readonly is_held: boolean;
  readonly is_open: boolean;
  readonly is_quarantined: boolean;
}

const standing = `select exists (select 1 from blob_holder h
                                  where h.repository_id = r.id and h.digest = $3 and h.principal = $4) as is_held,
                         ${hasOpenReference({ repository: 'r.id', digest: '$3', at: '$5' })} as is_open,
                         ${hasClosedReference({ repository: 'r.id', digest: '$3', at: '$5' })} as is_quarantined
                    from repository r where r.registry_id = $1 and r.name = $2`;

/** What a link costs in memory, about. */
const linkBytes = 500;

/** Blobs and their links in Postgres; links that everybody may open also in memory. */
@Injectable()
export class PostgresBlobIndexStore extends BlobIndexStore {
  private readonly lookup = new BatchedLookup<WantedBlob, LinkRow>(
    ({ address, digest }) => `${address.registryId} ${address.name} ${digest}`,
    (wanted) => this.findAll(wanted),
  );

  constructor(
    private readonly db: Database,
    private readonly memory: CheckedMemory,
  ) {
    super();
  }

  find(address: RepositoryAddress, digest: Digest): Promise<LinkedBlob | null> {
    return this.memory.find<LinkedBlob>({ address, what: `blob ${digest}` }, () => this.load({ address, digest }));
  }

  async standingOf(
    { registryId, name }: RepositoryAddress,
    digest: Digest,
    { principal, at }: { readonly principal: string; readonly at: Date },
  ): Promise<BlobStanding> {
    const [row] = await this.db.query<StandingRow>(standing, [registryId, name, digest, principal, at]);
    if (row === undefined) return { isHeld: false, isOpen: false, isQuarantined: false };
    return { isHeld: row.is_held, isOpen: row.is_open, isQuarantined: row.is_quarantined };
  }

  async postponeReview({ repositoryId, digest }: LinkedBlob, until: Date): Promise<boolean> {
    // The lock waits for a collector that is removing the link just now, and doesn't find it then.
    const links = await this.db.query(
      `with postponed as (
         update link_review set review_after = $3 where repository_id = $1 and digest = $2 and review_after < $3)
       select 1 from repository_blob where repository_id = $1 and digest = $2 for key share`,
      [repositoryId, digest, until],
    );
    return links.length > 0;
  }

  async add(tx: Transaction, repository: Repository, { blob, ...arrival }: BlobArrival): Promise<ArrivedBlob> {
    const live = await settle(tx, repository.account, { blob, at: arrival.at });
    if (live.sizeBytes !== blob.sizeBytes) {
      throw new AppError({ kind: 'bug', message: `two sizes of ${blob.digest}: ${live.sizeBytes}, ${blob.sizeBytes}` });
    }
    if (live.key !== blob.key) await doomKeys(tx, [blob.key], arrival.at);
    return { blob: live, growth: await linkBlob(tx, repository, { blob: live, ...arrival }) };
  }

  async mount(
    tx: Transaction,
    repository: Repository,
    { source, digest, ...arrival }: BlobMount,
  ): Promise<ArrivedBlob | null> {
    // Before the link: whoever takes a link away takes the locks in this order.
    const live = await liveBlob(tx, repository.account, digest);
    if (live === null) return null;
    const openable = await tx.query(
      `select 1
         from repository r
         join repository_blob l on l.repository_id = r.id and l.digest = $3
        where r.registry_id = $1 and r.name = $2
          and (l.released or ${hasOpenReference({ repository: 'r.id', digest: '$3', at: '$5' })} or (
            exists (select 1 from blob_holder h where h.repository_id = r.id and h.digest = $3 and h.principal = $4)
            and not ${hasClosedReference({ repository: 'r.id', digest: '$3', at: '$5' })}))
          for key share of l`,
      [source.registryId, source.name, digest, arrival.principal, arrival.at],
    );
    if (openable.length === 0) return null;
    return { blob: live, growth: await linkBlob(tx, repository, { blob: live, ...arrival }) };
  }

  async unlink(
    tx: Transaction,
    { id, account }: Repository,
    { digest, reviewAfter }: { digest: Digest; reviewAfter: Date },
  ): Promise<boolean> {
    // First the blob, then the link, as whoever takes links away does.
    await tx.query(`select 1 from blob where account = $1 and digest = $2 for update`, [account, digest]);
    const known = await tx.query(`select 1 from repository_blob where repository_id = $1 and digest = $2 for update`, [
      id,
      digest,
    ]);
    if (known.length === 0) return false;
    const links = [{ repository_id: id, digest }];
    await forgetReviews(tx, links);
    await forgetHolders(tx, links);
    await tx.query(`delete from repository_blob where repository_id = $1 and digest = $2`, [id, digest]);
    await tx.query(
      // Never "do nothing": the collector may be ending the review that is there, because it still sees this link.
      `insert into blob_review as known (account, digest, review_after) values ($1, $2, $3)
       on conflict (account, digest) do update set review_after = greatest(known.review_after, excluded.review_after)`,
      [account, digest, reviewAfter],
    );
    return true;
  }

  namedIn(tx: Transaction, repository: Repository, named: NamedBlobs): Promise<Map<Digest, NamedBlob>> {
    return holdNamed(tx, repository, named);
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

  async hold(tx: Transaction, { id }: Repository, manifest: Digest): Promise<void> {
    await tx.query(
      `select 1
         from manifest_reference m
         join repository_blob l on l.repository_id = m.repository_id and l.digest = m.target
        where m.repository_id = $1 and m.manifest = $2 and m.kind = 'blob'
        order by l.digest for update of l`,
      [id, manifest],
    );
  }

  async weigh(tx: Transaction, { id }: Repository, { manifest, at }: { manifest: Digest; at: Date }): Promise<boolean> {
    // In one order, and so that pushes which rely on the links need not wait; a statement of its own sees what others did.
    const links = await tx.query<{ digest: Digest }>(
      `select l.digest
         from repository_blob l
        where l.repository_id = $1 and l.digest in (
          select target from manifest_reference where repository_id = $1 and manifest = $2 and kind = 'blob')
        order by l.digest for no key update of l`,
      [id, manifest],
    );
    return weighLinks(tx, id, { digests: links.map(({ digest }) => digest), at });
  }

  async reconsider(
    tx: Transaction,
    { id, account }: Repository,
    { digests, at, reviewAfter }: { digests: readonly Digest[]; at: Date; reviewAfter: Date },
  ): Promise<void> {
    // Held already, unless the manifest was pushed after it was looked for; a statement of its own sees what pushes did.
    await tx.query(
      `select 1 from repository_blob where repository_id = $1 and digest = any($2) order by digest for update`,
      [id, digests],
    );
    await tx.query(
      `with lost as materialized (
         select digest from repository_blob l
          where repository_id = $1 and digest = any($2)
            and not exists (select 1 from manifest_reference m
                             where m.repository_id = $1 and m.target = l.digest and m.kind = 'blob'))
       insert into link_review as known (repository_id, digest, account, review_after)
       select $1, digest, $3, $4 from lost
       on conflict (repository_id, digest) do update set review_after = greatest(known.review_after, excluded.review_after)`,
      [id, digests, account, reviewAfter],
    );
    await weighLinks(tx, id, { digests, at });
  }

  private async load(wanted: WantedBlob): Promise<Remembered<LinkedBlob> | null> {
    const row = await this.lookup.find(wanted);
    if (row === null) return null;
    const { repository_id: repositoryId, version, released: isReleased, is_bad: isBad } = row;
    const value = { ...blobOf(row, wanted.digest), repositoryId, isReleased, isBad };
    // What only its holders may open, or nobody, may be opened by more in a moment.
    return { repositoryId, version, value, bytes: linkBytes, isKept: isReleased && !isBad };
  }

  private async findAll(wanted: readonly WantedBlob[]): Promise<ReadonlyMap<number, LinkRow>> {
    const rows = await this.db.prepared<LinkRow & { place: number }>(findBatch, [
      wanted.map(({ address }) => address.registryId),
      wanted.map(({ address }) => address.name),
      wanted.map(({ digest }) => digest),
    ]);
    return new Map(rows.map((row) => [row.place - 1, row]));
  }
}
