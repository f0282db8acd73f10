import { CLOCK, type Clock } from '@berth/foundation';
import { formatReference, type Digest, type Reference, type Tag } from '@berth/oci';
import { Database, type PreparedStatement, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import {
  ManifestStore,
  type InsertedManifest,
  type ManifestHead,
  type NewManifest,
  type PlacedTag,
  type ReferrerPage,
  type ReferrersOf,
  type RemovedManifest,
  type StoredManifest,
} from '../manifest.js';
import type { NamePage, Repository, RepositoryAddress } from '../repository.js';
import { BatchedLookup } from './batched-lookup.js';
import { isClosedAt, type ClosedUntil } from './closed-until.js';
import { CheckedMemory, type Question, type Remembered } from './checked-memory.js';
import { insertManifest } from './manifest-rows.js';
import { openReferrers, openTags, tagsOfOpen } from './open-manifests.js';
import { tagsOver } from './tags-over.js';

interface HeadRow {
  readonly repository_id: string;
  readonly version: number;
  readonly digest: Digest;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly closed_until: ClosedUntil;
}

interface ContentRow extends HeadRow {
  /** Null for a large one, which is read alone. */
  readonly content: Buffer | null;
}

/** Manifests of a batch are in memory together; a larger one gets a statement of its own. */
const batchedBytes = 64 * 1024;

/** What a remembered manifest costs beside its bytes, about. */
const entryBytes = 500;

const from = {
  tag: `from repository r
        join tag t on t.repository_id = r.id and t.name = w.reference
        join manifest m on m.repository_id = r.id and m.digest = t.digest`,
  digest: `from repository r join manifest m on m.repository_id = r.id and m.digest = w.reference`,
};
const head =
  'r.id as repository_id, r.version, m.digest, m.media_type, length(m.content) as size_bytes, m.closed_until';
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
    @Inject(CLOCK) private readonly clock: Clock,
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
      return row === null ? null : { ...stateOf(row), value: this.headOf(row), bytes: 0, isKept: false };
    });
    if (found === null) return null;
    const { digest, mediaType, sizeBytes, isClosed } = found;
    return { digest, mediaType, sizeBytes, isClosed };
  }

  async depthsOf(tx: Transaction, { id }: Repository, digests: readonly Digest[]): Promise<Map<Digest, number>> {
    const rows = await tx.query<{ digest: Digest; depth: number }>(
      `select digest, depth from manifest where repository_id = $1 and digest = any($2) for key share`,
      [id, digests],
    );
    return new Map(rows.map((row) => [row.digest, row.depth]));
  }

  insert(tx: Transaction, repository: Repository, pushed: NewManifest): Promise<InsertedManifest> {
    return insertManifest(tx, repository, pushed);
  }

  async obeyQuarantine(tx: Transaction, { id }: Repository, digest: Digest): Promise<boolean> {
    const changed = await tx.query(
      `update manifest m set closed_until = q.closed_until
         from quarantine q
        where m.repository_id = $1 and m.digest = $2 and q.repository_id = $1 and q.digest = $2
          and m.closed_until is distinct from q.closed_until
       returning m.digest`,
      [id, digest],
    );
    return changed.length > 0;
  }

  async addTag(tx: Transaction, repository: Repository, tag: PlacedTag): Promise<Digest | null> {
    const { id, account } = repository;
    const made = await tx.query(
      `insert into tag (repository_id, name, digest, account, updated_at) values ($1, $2, $3, $4, $5)
       on conflict (repository_id, name) do nothing returning name`,
      [id, tag.name, tag.digest, account, tag.at],
    );
    if (made.length > 0) return null;
    const [known] = await tx.query<{ digest: Digest }>(
      `select digest from tag where repository_id = $1 and name = $2 for update`,
      [id, tag.name],
    );
    // Untagged between the two statements: then it is a new one again.
    return known?.digest ?? this.addTag(tx, repository, tag);
  }

  async moveTag(tx: Transaction, { id }: Repository, { name, digest, at }: PlacedTag): Promise<void> {
    await tx.query(`update tag set digest = $3, updated_at = $4 where repository_id = $1 and name = $2`, [
      ...[id, name, digest, at],
    ]);
  }

  tagsOfOpen(
    tx: Transaction,
    repository: Repository,
    wanted: { digest: Digest; at: Date },
  ): Promise<readonly Tag[] | null> {
    return tagsOfOpen(tx, repository, wanted);
  }

  tagsOver(tx: Transaction, repository: Repository, digest: Digest): Promise<readonly Tag[]> {
    return tagsOver(tx, repository, digest);
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
    // In the order in which a push takes its tags.
    await tx.query(`select name from tag where repository_id = $1 and digest = $2 order by name for update`, [
      ...[id, digest],
    ]);
    const tags = await tx.query<{ name: Tag }>(
      `delete from tag where repository_id = $1 and digest = $2 returning name`,
      [id, digest],
    );
    const blobs = await tx.query<{ target: Digest }>(
      `with removed as (delete from manifest_reference where repository_id = $1 and manifest = $2 returning target, kind)
       select target from removed where kind = 'blob'`,
      [id, digest],
    );
    const [left] = await tx.query<{ is_listed: boolean; size_bytes: number }>(
      `with gone as (delete from manifest where repository_id = $1 and digest = $2 returning length(content) as size_bytes)
       select (select size_bytes from gone),
              exists (select 1 from manifest_reference
                       where repository_id = $1 and target = $2 and kind = 'manifest') as is_listed`,
      [id, digest],
    );
    return {
      blobs: blobs.map(({ target }) => target),
      tags: tags.map(({ name }) => name),
      isListed: left?.is_listed === true,
      sizeBytes: left?.size_bytes ?? 0,
    };
  }

  referrers(address: RepositoryAddress, wanted: ReferrersOf, page: NamePage): Promise<ReferrerPage> {
    return openReferrers(this.db, wanted, { address, page, at: new Date(this.clock()) });
  }

  tags(address: RepositoryAddress, page: NamePage): Promise<readonly string[] | null> {
    return openTags(this.db, { address, page, at: new Date(this.clock()) });
  }

  private async load(address: RepositoryAddress, reference: Reference): Promise<Remembered<StoredManifest> | null> {
    const row = await this.contents[reference.kind].find({ address, reference: formatReference(reference) });
    if (row === null) return null;
    const content = row.content ?? (await this.readWhole(address, row.digest));
    if (content === null) return null;
    // What is closed now may be open in a moment.
    const isKept = row.closed_until === null;
    return { ...stateOf(row), value: { ...this.headOf(row), content }, bytes: content.length + entryBytes, isKept };
  }

  private headOf({
    digest,
    media_type: mediaType,
    size_bytes: sizeBytes,
    closed_until,
  }: Omit<HeadRow, 'repository_id' | 'version'>): ManifestHead {
    return { digest, mediaType, sizeBytes, isClosed: isClosedAt(closed_until, this.clock()) };
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
