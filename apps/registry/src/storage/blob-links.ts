import type { Transaction } from '@berth/persistence';
import type { BlobMount } from '../blob.js';
import type { Repository } from '../repository.js';

/** The link, its bringer as a holder, and when it is looked at. */
export async function linkBlob(
  tx: Transaction,
  { id, account }: Repository,
  { digest, principal, at, reviewAfter }: Omit<BlobMount, 'source'>,
): Promise<void> {
  for (;;) {
    const made = await tx.query(
      // A manifest may be here already, whose blob was deleted.
      `insert into repository_blob (repository_id, digest, account, linked_at, released)
       values ($1, $2, $3, $4, exists (
         select 1 from manifest_reference where repository_id = $1 and target = $2 and kind = 'blob'))
       on conflict (repository_id, digest) do nothing returning digest`,
      [id, digest, account, at],
    );
    if (made.length > 0) break;
    // One that is there must stay; one that is being removed is gone when the lock is had.
    const kept = await tx.query(
      `select 1 from repository_blob where repository_id = $1 and digest = $2 for key share`,
      [id, digest],
    );
    if (kept.length > 0) break;
  }
  await tx.query(
    `with held as (
       insert into blob_holder (repository_id, digest, account, principal, at) values ($1, $2, $3, $4, $5)
       on conflict (repository_id, digest, principal) do update set at = excluded.at)
     insert into link_review as known (repository_id, digest, account, review_after) values ($1, $2, $3, $6)
     on conflict (repository_id, digest) do update set review_after = greatest(known.review_after, excluded.review_after)`,
    [id, digest, account, principal, at, reviewAfter],
  );
}
