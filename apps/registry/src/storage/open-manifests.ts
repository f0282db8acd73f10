import type { Digest, Tag } from '@berth/oci';
import type { Queryable, Transaction } from '@berth/persistence';
import type { ReferrerPage, ReferrersOf } from '../manifest.js';
import type { NamePage, Repository, RepositoryAddress } from '../repository.js';

/** Some of a repository's names, as they count at an instant. */
export interface PageAt {
  readonly address: RepositoryAddress;
  readonly page: NamePage;
  readonly at: Date;
}

interface ReferrerRow {
  readonly digest: Digest;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly content: Buffer;
  readonly all_found: number;
}

/** Contents of one page of referrers, together. */
const referrersPageBytes = 4 * 1024 * 1024;

/** Manifests that may be pulled and refer to the digest, by their own; at least one, and beyond that no more than 4 MiB. */
export async function openReferrers(
  db: Queryable,
  { subject, artifactType }: ReferrersOf,
  { address: { registryId, name }, page: { limit, after }, at }: PageAt,
): Promise<ReferrerPage> {
  const rows = await db.query<ReferrerRow>(
    `with found as (
       select m.repository_id, m.digest, row_number() over (order by m.digest) as place, count(*) over () as all_found,
              sum(length(m.content)) over (order by m.digest) as total
         from repository r
         cross join lateral (
           select repository_id, digest, content from manifest
            where repository_id = r.id and subject = $3 and ($4::text is null or artifact_type = $4)
              and ($5::text is null or digest > $5) and (closed_until is null or closed_until <= $8)
            order by digest limit $6 + 1) m
        where r.registry_id = $1 and r.name = $2)
     select m.digest, m.media_type, length(m.content) as size_bytes, m.content, f.all_found
       from found f join manifest m on m.repository_id = f.repository_id and m.digest = f.digest
      where f.place <= $6 and (f.place = 1 or f.total <= $7)
      order by m.digest`,
    [registryId, name, subject, artifactType, after, limit, referrersPageBytes, at],
  );
  const manifests = rows.map(({ digest, media_type: mediaType, size_bytes: sizeBytes, content }) => {
    return { digest, mediaType, sizeBytes, content, isClosed: false };
  });
  return { manifests, isLast: rows.length === (rows[0]?.all_found ?? 0) };
}

/** Tags of manifests that may be pulled, or null when the repository doesn't exist. */
export async function openTags(
  db: Queryable,
  { address: { registryId, name }, page: { limit, after }, at }: PageAt,
): Promise<readonly string[] | null> {
  const rows = await db.query<{ tag: string | null }>(
    `select t.name as tag
       from repository r
       left join lateral (
         select name from tag
          where repository_id = r.id and ($3::text is null or name > $3)
            and not exists (select 1 from manifest m
                             where m.repository_id = r.id and m.digest = tag.digest and m.closed_until > $5)
          order by name limit $4) t on true
      where r.registry_id = $1 and r.name = $2
      order by t.name`,
    [registryId, name, after, limit, at],
  );
  if (rows.length === 0) return null;
  return rows.flatMap(({ tag }) => (tag === null ? [] : [tag]));
}

/** Tags that name a manifest which may be pulled. Null when there is none of the digest, or it is closed. */
export async function tagsOfOpen(
  tx: Transaction,
  { id }: Repository,
  { digest, at }: { readonly digest: Digest; readonly at: Date },
): Promise<readonly Tag[] | null> {
  const [row] = await tx.query<{ tags: Tag[] }>(
    `select array(select name from tag where repository_id = $1 and digest = $2) as tags
       from manifest where repository_id = $1 and digest = $2 and (closed_until is null or closed_until <= $3)`,
    [id, digest, at],
  );
  return row?.tags ?? null;
}
