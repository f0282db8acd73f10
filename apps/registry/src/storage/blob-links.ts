import type { Transaction } from '@berth/persistence';
import type { Blob, BlobMount } from '../blob.js';
import { namespaceIn, type Repository } from '../repository.js';
import { noGrowth, type Growth } from '../usage.js';
import { countBlob } from './counted-blobs.js';
import { hasOpenReference, holdReferring, weighLinks } from './open-references.js';

/** A live blob whose row is held, who brings it, and when. */
interface NewLink extends Omit<BlobMount, 'source' | 'digest'> {
  readonly blob: Blob;
}

/**
 * The link, its bringer as a holder, and when it is looked at.
 *
 * @returns what its namespace and registry take more
 */
export async function linkBlob(tx: Transaction, repository: Repository, link: NewLink): Promise<Growth> {
  const growth = await insertLink(tx, repository, link);
  const { blob, principal, at, reviewAfter } = link;
  // What its bringer's manifests named before it could be opened counts from now on.
  const [opened] = await tx.query<{ count: number }>(
    `with held as (
       insert into blob_holder (repository_id, digest, account, principal, at) values ($1, $2, $3, $4, $5)
       on conflict (repository_id, digest, principal) do update set at = excluded.at),
     opened as (
       update manifest_reference r set kind = 'blob' from manifest m
        where r.repository_id = $1 and r.target = $2 and r.kind = 'named'
          and m.repository_id = $1 and m.digest = r.manifest and m.pushed_by = $4
       returning r.manifest)
     insert into link_review as known (repository_id, digest, account, review_after) values ($1, $2, $3, $6)
     on conflict (repository_id, digest) do update set review_after = greatest(known.review_after, excluded.review_after)
     returning (select count(*) from opened) as count`,
    [repository.id, blob.digest, repository.account, principal, at, reviewAfter],
  );
  if ((opened?.count ?? 0) > 0) await weighLinks(tx, repository.id, { digests: [blob.digest], at });
  return growth;
}

async function insertLink(
  tx: Transaction,
  { id, account, registryId, name }: Repository,
  { blob: { digest, sizeBytes }, at }: NewLink,
): Promise<Growth> {
  const namespace = namespaceIn(name);
  for (;;) {
    const [made] = await tx.query<{ released: boolean }>(
      // A manifest may be here already, whose blob was deleted.
      `insert into repository_blob (repository_id, digest, account, linked_at, registry_id, namespace, released)
       values ($1, $2, $3, $4, $5, $6, ${hasOpenReference({ repository: '$1', digest: '$2', at: '$4' })})
       on conflict (repository_id, digest) do nothing returning released`,
      [id, digest, account, at, registryId, namespace],
    );
    if (made !== undefined) {
      if (made.released) {
        await holdReferring(tx, id, digest);
        await weighLinks(tx, id, { digests: [digest], at });
      }
      const newIn = await countBlob(tx, { registryId, namespace, digest });
      return {
        namespaceBytes: newIn.has(namespace) ? sizeBytes : 0,
        registryBytes: newIn.has('') ? sizeBytes : 0,
      };
    }
    // One that is there must stay; one that is being removed is gone when the lock is had.
    const kept = await tx.query(
      `select 1 from repository_blob where repository_id = $1 and digest = $2 for key share`,
      [id, digest],
    );
    if (kept.length > 0) return noGrowth;
  }
}
