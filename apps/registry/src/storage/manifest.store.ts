import { formatReference, type Digest, type Reference, type Tag } from '@berth/oci';
import { Database, type PreparedStatement, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import {
  ManifestStore,
  type ManifestHead,
  type NewManifest,
  type ReferrerPage,
  type ReferrersOf,
  type RemovedManifest,
  type StoredManifest,
} from '../manifest.js';
import type { NamePage, Repository, RepositoryAddress } from '../repository.js';
import { BatchedLookup } from './batched-lookup.js';
import { CheckedMemory, type Question, type Remembered } from './checked-memory.js';
import { insertManifest } from './manifest-rows.js';

interface HeadRow {
  readonly repository_id: string;
  readonly version: number;
  readonly digest: Digest;
  readonly media_type: string;
  readonly size_bytes: number;
}

interface ContentRow extends HeadRow {
  /** Null for a large one, which is read alone. */
  readonly content: Buffer | null;
}

interface ReferrerRow extends Omit<HeadRow, 'repository_id' | 'version'> {
  readonly content: Buffer;
  readonly all_found: number;
}

/** Manifests of a batch are in memory together; a larger one gets a statement of its own. */
const batchedBytes = 64 * 1024;

/** What a remembered manifest costs beside its bytes, about. */
const entryBytes = 500;

/** Contents of one page of referrers, together. */
const referrersPageBytes = 4 * 1024 * 1024;

const from = {
  tag: `from repository r
        join tag t on t.repository_id = r.id and t.name = w.reference
        join manifest m on m.repository_id = r.id and m.digest = t.digest`,
  digest: `from repository r join manifest m on m.repository_id = r.id and m.digest = w.reference`,
};
const head = 'r.id as repository_id, r.version, m.digest, m.media_type, length(m.content) as size_bytes';
const content = `${head}, case when length(m.content) <= ${batchedBytes} then m.content end as content`;

/** Row by row through the indexes, whatever the planner thinks of the tables' sizes. */
function batchStatement(name: string, columns: string, kind: Reference['kind']): PreparedStatement {
  return {
    name: `manifest-${name}-${kind}`,
    text: `select w.place::int, found.*
             from unnest($1::uuid[], $2::text[], $3::text[]) with ordinality as w(registry_id, name, reference, place)
            cross join lateral (
              select ${columns} ${from[kind]} where r.registry_id = w.registry_id and r.name = w.name limit 1) found`,
  };
}

const readWhole: PreparedStatement = {
  name: 'manifest-read-whole',
  text: `select m.content
           from repository r
           join manifest m on m.repository_id = r.id and m.digest = $3
          where r.registry_id = $1 and r.name = $2`,
};

interface WantedManifest {
  readonly address: RepositoryAddress;
  readonly reference: string;
}

/** Manifests and tags in Postgres. */
@Injectable()
export class PostgresManifestStore extends ManifestStore {
  private readonly contents = {
    tag: this.lookup<ContentRow>(batchStatement('find', content, 'tag')),
    digest: this.lookup<ContentRow>(batchStatement('find', content, 'digest')),
  };
  private readonly heads = {
    tag: this.lookup<HeadRow>(batchStatement('head', head, 'tag')),
    digest: this.lookup<HeadRow>(batchStatement('head', head, 'digest')),
  };

  constructor(
    private readonly db: Database,
    private readonly memory: CheckedMemory,
  ) {
    super();
  }

  find(address: RepositoryAddress, reference: Reference): Promise<StoredManifest | null> {
    return this.memory.find<StoredManifest>(questionOf(address, reference), () => this.load(address, reference));
  }

  /** A whole manifest that is remembered answers this too; a head alone is not worth remembering. */
  async head(address: RepositoryAddress, reference: Reference): Promise<ManifestHead | null> {
    const found = await this.memory.find<ManifestHead>(questionOf(address, reference), async () => {
      const row = await this.heads[reference.kind].find({ address, reference: formatReference(reference) });
      return row === null ? null : { ...stateOf(row), value: headOf(row), bytes: 0, isKept: false };
    });
    if (found === null) return null;
    const { digest, mediaType, sizeBytes } = found;
    return { digest, mediaType, sizeBytes };
  }

  async depthsOf(tx: Transaction, { id }: Repository, digests: readonly Digest[]): Promise<Map<Digest, number>> {
    const rows = await tx.query<{ digest: Digest; depth: number }>(
      `select digest, depth from manifest where repository_id = $1 and digest = any($2) for key share`,
      [id, digests],
    );
    return new Map(rows.map((row) => [row.digest, row.depth]));
  }

  insert(tx: Transaction, repository: Repository, pushed: NewManifest): Promise<void> {
    return insertManifest(tx, repository, pushed);
  }

  async setTag(
    tx: Transaction,
    repository: Repository,
    tag: { name: Tag; digest: Digest; at: Date },
  ): Promise<boolean> {
    const { id, account } = repository;
    const made = await tx.query(
      `insert into tag (repository_id, name, digest, account, updated_at) values ($1, $2, $3, $4, $5)
       on conflict (repository_id, name) do nothing returning name`,
      [id, tag.name, tag.digest, account, tag.at],
    );
    if (made.length > 0) return false;
    const moved = await tx.query<{ was: Digest }>(
      `with known as (select digest from tag where repository_id = $1 and name = $2 for update)
       update tag t set digest = $3, updated_at = $4 from known
        where t.repository_id = $1 and t.name = $2 returning known.digest as was`,
      [id, tag.name, tag.digest, tag.at],
    );
    // Untagged between the two statements: then it is a new one again.
    if (moved[0] === undefined) return this.setTag(tx, repository, tag);
    return moved[0].was !== tag.digest;
  }

  async deleteTag(tx: Transaction, { id }: Repository, name: Tag): Promise<Digest | null> {
    const [row] = await tx.query<{ digest: Digest }>(
      `delete from tag where repository_id = $1 and name = $2 returning digest`,
      [id, name],
    );
    return row?.digest ?? null;
  }

  async delete(tx: Transaction, { id }: Repository, digest: Digest): Promise<RemovedManifest | null> {
    // Whoever points a tag at it, or an index, waits here and doesn't find it then.
    const found = await tx.query(`select 1 from manifest where repository_id = $1 and digest = $2 for update`, [
      id,
      digest,
    ]);
    if (found.length === 0) return null;
    const tags = await tx.query<{ name: Tag }>(
      `delete from tag where repository_id = $1 and digest = $2 returning name`,
      [id, digest],
    );
    const blobs = await tx.query<{ target: Digest }>(
      `with removed as (delete from manifest_reference where repository_id = $1 and manifest = $2 returning target, kind)
       select target from removed where kind = 'blob'`,
      [id, digest],
    );
    const [left] = await tx.query<{ is_listed: boolean }>(
      `with gone as (delete from manifest where repository_id = $1 and digest = $2)
       select exists (select 1 from manifest_reference
                       where repository_id = $1 and target = $2 and kind = 'manifest') as is_listed`,
      [id, digest],
    );
    return {
      blobs: blobs.map(({ target }) => target),
      tags: tags.map(({ name }) => name),
      isListed: left?.is_listed === true,
    };
  }

  async referrers(
    { registryId, name }: RepositoryAddress,
    { subject, artifactType }: ReferrersOf,
    { limit, after }: NamePage,
  ): Promise<ReferrerPage> {
    const rows = await this.db.query<ReferrerRow>(
      `with found as (
         select m.repository_id, m.digest, row_number() over (order by m.digest) as place, count(*) over () as all_found,
                sum(length(m.content)) over (order by m.digest) as total
           from repository r
           cross join lateral (
             select repository_id, digest, content from manifest
              where repository_id = r.id and subject = $3 and ($4::text is null or artifact_type = $4)
                and ($5::text is null or digest > $5)
              order by digest limit $6 + 1) m
          where r.registry_id = $1 and r.name = $2)
       select m.digest, m.media_type, length(m.content) as size_bytes, m.content, f.all_found
         from found f join manifest m on m.repository_id = f.repository_id and m.digest = f.digest
        where f.place <= $6 and (f.place = 1 or f.total <= $7)
        order by m.digest`,
      [registryId, name, subject, artifactType, after, limit, referrersPageBytes],
    );
    const manifests = rows.map((row) => ({ ...headOf(row), content: row.content }));
    return { manifests, isLast: rows.length === (rows[0]?.all_found ?? 0) };
  }

  async tags({ registryId, name }: RepositoryAddress, { limit, after }: NamePage): Promise<readonly string[] | null> {
    const rows = await this.db.query<{ tag: string | null }>(
      `select t.name as tag
         from repository r
         left join lateral (
           select name from tag where repository_id = r.id and ($3::text is null or name > $3) order by name limit $4
         ) t on true
        where r.registry_id = $1 and r.name = $2
        order by t.name`,
      [registryId, name, after, limit],
    );
    if (rows.length === 0) return null;
    return rows.flatMap(({ tag }) => (tag === null ? [] : [tag]));
  }

  private async load(address: RepositoryAddress, reference: Reference): Promise<Remembered<StoredManifest> | null> {
    const row = await this.contents[reference.kind].find({ address, reference: formatReference(reference) });
    if (row === null) return null;
    const content = row.content ?? (await this.readWhole(address, row.digest));
    if (content === null) return null;
    return { ...stateOf(row), value: { ...headOf(row), content }, bytes: content.length + entryBytes, isKept: true };
  }

  private lookup<Row extends HeadRow>(statement: PreparedStatement): BatchedLookup<WantedManifest, Row> {
    return new BatchedLookup<WantedManifest, Row>(
      ({ address, reference }) => `${address.registryId} ${address.name} ${reference}`,
      async (wanted) => {
        const rows = await this.db.prepared<Row & { place: number }>(statement, [
          wanted.map(({ address }) => address.registryId),
          wanted.map(({ address }) => address.name),
          wanted.map(({ reference }) => reference),
        ]);
        return new Map(rows.map((row) => [row.place - 1, row]));
      },
    );
  }

  private async readWhole({ registryId, name }: RepositoryAddress, digest: Digest): Promise<Buffer | null> {
    const [row] = await this.db.prepared<{ content: Buffer }>(readWhole, [registryId, name, digest]);
    return row?.content ?? null;
  }
}

function questionOf(address: RepositoryAddress, reference: Reference): Question {
  return { address, what: `manifest ${formatReference(reference)}` };
}

function stateOf({ repository_id: repositoryId, version }: HeadRow) {
  return { repositoryId, version };
}

function headOf({ digest, media_type, size_bytes }: Omit<HeadRow, 'repository_id' | 'version'>): ManifestHead {
  return { digest, mediaType: media_type, sizeBytes: size_bytes };
}
