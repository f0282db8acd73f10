import { referrerArtifactTypeOf, type Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import { namedBlobs, type InsertedManifest, type NewManifest } from '../manifest.js';
import type { Repository } from '../repository.js';
import { isClosedAt, type ClosedUntil } from './closed-until.js';

interface StoredRow {
  readonly closed_until: ClosedUntil;
}

/** Stores the manifest and what it refers to; a manifest that is there already stays as it is. */
export async function insertManifest(
  tx: Transaction,
  repository: Repository,
  pushed: NewManifest,
): Promise<InsertedManifest> {
  const isOpen = ({ closed_until }: StoredRow): boolean => !isClosedAt(closed_until, pushed.at.getTime());
  for (;;) {
    const made = await insertRow(tx, repository, pushed);
    if (made !== null) {
      await insertAllReferences(tx, repository, pushed);
      return { isOpen: isOpen(made), isNew: true };
    }
    // One that is there must stay; one that is being deleted is gone when the lock is had.
    const [kept] = await tx.query<StoredRow>(
      `with opened as (
         update manifest_reference set kind = 'blob'
          where repository_id = $1 and manifest = $2 and kind = 'named' and target = any($3))
       select closed_until from manifest where repository_id = $1 and digest = $2 for key share`,
      [repository.id, pushed.digest, [...pushed.blobs]],
    );
    if (kept !== undefined) return { isOpen: isOpen(kept), isNew: false };
  }
}

async function insertRow(tx: Transaction, { id, account }: Repository, pushed: NewManifest): Promise<StoredRow | null> {
  const { digest, manifest, content, depth, principal, at } = pushed;
  const [inserted] = await tx.query<StoredRow>(
    `insert into manifest (repository_id, digest, account, media_type, content, depth, subject, artifact_type,
                           pushed_by, pushed_at, closed_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
             (select closed_until from quarantine where repository_id = $1 and digest = $2))
     on conflict (repository_id, digest) do nothing
     returning closed_until`,
    [
      ...[id, digest, account, manifest.mediaType, content, depth],
      ...[manifest.subject?.digest ?? null, referrerArtifactTypeOf(manifest), principal, at],
    ],
  );
  return inserted ?? null;
}

async function insertAllReferences(tx: Transaction, repository: Repository, pushed: NewManifest): Promise<void> {
  const { digest, manifest, blobs } = pushed;
  const named = namedBlobs(manifest).map((descriptor) => descriptor.digest);
  await insertReferences(tx, repository, { digest, kind: 'blob', targets: named.filter((each) => blobs.has(each)) });
  await insertReferences(tx, repository, { digest, kind: 'named', targets: named.filter((each) => !blobs.has(each)) });
  const children = manifest.manifests.map((descriptor) => descriptor.digest);
  await insertReferences(tx, repository, { digest, kind: 'manifest', targets: children });
}

async function insertReferences(
  tx: Transaction,
  repository: Repository,
  { digest, kind, targets }: { digest: Digest; kind: 'blob' | 'manifest' | 'named'; targets: readonly Digest[] },
): Promise<void> {
  if (targets.length === 0) return;
  await tx.query(
    `insert into manifest_reference (repository_id, manifest, target, kind, account)
     select distinct $1::uuid, $2, target, $4, $5::uuid from unnest($3::text[]) as target`,
    [repository.id, digest, targets, kind, repository.account],
  );
}
