import type { Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';

/** A link by its key. */
export interface LinkKey {
  readonly repository_id: string;
  readonly digest: Digest;
}

/** A link that is locked with all that its removal touches. */
export interface LockedLink extends LinkKey {
  readonly account: string;
}

/**
 * Locks those of the links that no manifest of their repository refers to, with their blobs (whose review is queued, which
 * nobody else does meanwhile) and their repositories (whose version is raised). What others hold is left out.
 */
export async function lockUnneeded(tx: Transaction, links: readonly LinkKey[]): Promise<readonly LockedLink[]> {
  const locked = await tx.query<LockedLink>(
    `select l.repository_id, l.digest, l.account
       from unnest($1::uuid[], $2::text[]) as w(repository_id, digest)
       join link_review v on v.repository_id = w.repository_id and v.digest = w.digest
       join repository_blob l on l.repository_id = w.repository_id and l.digest = w.digest
       join blob b on b.account = l.account and b.digest = l.digest
       join repository r on r.id = l.repository_id
        for update of l, b skip locked
        for no key update of r skip locked`,
    columnsOf(links),
  );
  // A push that held one of the links may have been committed just before they were locked.
  return tx.query<LockedLink>(
    `select w.repository_id, w.digest, w.account
       from unnest($1::uuid[], $2::text[], $3::uuid[]) as w(repository_id, digest, account)
      where not exists (select 1 from manifest_reference m
                         where m.repository_id = w.repository_id and m.target = w.digest and m.kind = 'blob')`,
    [...columnsOf(locked), locked.map((link) => link.account)],
  );
}

/** Before the holders: whoever reviews a link takes the locks in that order. */
export async function forgetReviews(tx: Transaction, links: readonly LinkKey[]): Promise<void> {
  await tx.query(
    `delete from link_review v using unnest($1::uuid[], $2::text[]) as w(repository_id, digest)
      where v.repository_id = w.repository_id and v.digest = w.digest`,
    columnsOf(links),
  );
}

/** Forgets who brought blobs that a manifest refers to by now: whoever may pull opens them without it. */
export async function forgetHolders(tx: Transaction, links: readonly LinkKey[]): Promise<void> {
  await tx.query(
    `delete from blob_holder h using unnest($1::uuid[], $2::text[]) as w(repository_id, digest)
      where h.repository_id = w.repository_id and h.digest = w.digest`,
    columnsOf(links),
  );
}

/** Removes locked links with their holders and reviews; their blobs are looked at after the instant. */
export async function removeLinks(tx: Transaction, links: readonly LockedLink[], reviewAfter: Date): Promise<void> {
  if (links.length === 0) return;
  await forgetReviews(tx, links);
  await forgetHolders(tx, links);
  await tx.query(
    `delete from repository_blob l using unnest($1::uuid[], $2::text[]) as w(repository_id, digest)
      where l.repository_id = w.repository_id and l.digest = w.digest`,
    columnsOf(links),
  );
  await tx.query(
    `insert into blob_review (account, digest, review_after)
     select distinct account, digest, $3::timestamptz from unnest($1::uuid[], $2::text[]) as w(account, digest)
     on conflict (account, digest) do nothing`,
    [links.map((link) => link.account), links.map((link) => link.digest), reviewAfter],
  );
}

function columnsOf(links: readonly LinkKey[]): [string[], Digest[]] {
  return [links.map((link) => link.repository_id), links.map((link) => link.digest)];
}
