import {
  formatReference,
  isNonDistributable,
  referrerArtifactTypeOf,
  type Digest,
  type Reference,
  type Tag,
} from '@berth/oci';
import { Database, type PreparedStatement, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import {
  ManifestStore,
  requiredBlobs,
  type ManifestHead,
  type NamePage,
  type NewManifest,
  type StoredManifest,
} from '../manifest.js';
import type { Repository, RepositoryAddress } from '../repository.js';
import { BatchedLookup } from './batched-lookup.js';

interface HeadRow {
  readonly digest: Digest;
  readonly media_type: string;
  readonly size_bytes: number;
}

interface ContentRow extends HeadRow {
  /** Null for a large one, which is read alone. */
  readonly content: Buffer | null;
}

/** Manifests of a batch are in memory together; a larger one gets a statement of its own. */
const batchedBytes = 64 * 1024;

const from = {
  tag: `from repository r
        join tag t on t.repository_id = r.id and t.name = w.reference
        join manifest m on m.repository_id = r.id and m.digest = t.digest`,
  digest: `from repository r join manifest m on m.repository_id = r.id and m.digest = w.reference`,
};
const head = 'm.digest, m.media_type, length(m.content) as size_bytes';
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

  constructor(private readonly db: Database) {
    super();
  }

  async find(address: RepositoryAddress, reference: Reference): Promise<StoredManifest | null> {
    const row = await this.contents[reference.kind].find({ address, reference: formatReference(reference) });
    if (row === null) return null;
    const bytes = row.content ?? (await this.readWhole(address, row.digest));
    return bytes === null ? null : { ...headOf(row), content: bytes };
  }

  async head(address: RepositoryAddress, reference: Reference): Promise<ManifestHead | null> {
    const row = await this.heads[reference.kind].find({ address, reference: formatReference(reference) });
    return row === null ? null : headOf(row);
  }

  async depthsOf(tx: Transaction, { id }: Repository, digests: readonly Digest[]): Promise<Map<Digest, number>> {
    const rows = await tx.query<{ digest: Digest; depth: number }>(
      `select digest, depth from manifest where repository_id = $1 and digest = any($2) for key share`,
      [id, digests],
    );
    return new Map(rows.map((row) => [row.digest, row.depth]));
  }

  async insert(tx: Transaction, repository: Repository, pushed: NewManifest): Promise<void> {
    const { digest, manifest, depth, principal, at } = pushed;
    const inserted = await tx.query(
      `insert into manifest (repository_id, digest, account, media_type, content, depth, subject, artifact_type,
                             pushed_by, pushed_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (repository_id, digest) do nothing
       returning digest`,
      [
        ...[repository.id, digest, repository.account, manifest.mediaType, pushed.content, depth],
        ...[manifest.subject?.digest ?? null, referrerArtifactTypeOf(manifest), principal, at],
      ],
    );
    if (inserted.length === 0) return;
    const blobs = requiredBlobs(manifest, isNonDistributable).map((descriptor) => descriptor.digest);
    await this.insertReferences(tx, repository, { digest, kind: 'blob', targets: blobs });
    const children = manifest.manifests.map((descriptor) => descriptor.digest);
    await this.insertReferences(tx, repository, { digest, kind: 'manifest', targets: children });
  }

  async setTag(
    tx: Transaction,
    { id, account }: Repository,
    tag: { name: Tag; digest: Digest; at: Date },
  ): Promise<void> {
    await tx.query(
      `insert into tag (repository_id, name, digest, account, updated_at) values ($1, $2, $3, $4, $5)
       on conflict (repository_id, name) do update set digest = excluded.digest, updated_at = excluded.updated_at`,
      [id, tag.name, tag.digest, account, tag.at],
    );
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

  private async insertReferences(
    tx: Transaction,
    repository: Repository,
    { digest, kind, targets }: { digest: Digest; kind: 'blob' | 'manifest'; targets: readonly Digest[] },
  ): Promise<void> {
    if (targets.length === 0) return;
    await tx.query(
      `insert into manifest_reference (repository_id, manifest, target, kind, account)
       select distinct $1::uuid, $2, target, $4, $5::uuid from unnest($3::text[]) as target`,
      [repository.id, digest, targets, kind, repository.account],
    );
  }
}

function headOf({ digest, media_type, size_bytes }: HeadRow): ManifestHead {
  return { digest, mediaType: media_type, sizeBytes: size_bytes };
}
