import type { Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { NamedBlob, NamedBlobs } from '../blob.js';
import type { Repository } from '../repository.js';
import { hasOpenReference } from './open-references.js';

interface NamedRow {
  readonly digest: Digest;
  readonly size_bytes: number;
  readonly is_openable: boolean;
}

const isOpenable = `(l.released or ${hasOpenReference({ repository: '$1', digest: 'l.digest', at: '$5' })}
  or exists (select 1 from blob_holder h where h.repository_id = $1 and h.digest = l.digest and h.principal = $4))`;

/**
 * Blobs that a manifest names and that its pusher may open, so that naming a digest is no way to read it, nor to open it to
 * others. A manifest that is there already opens no more than it did: of that, all.
 */
export async function holdNamed(
  tx: Transaction,
  { id }: Repository,
  { manifest, digests, principal, at }: NamedBlobs,
): Promise<Map<Digest, NamedBlob>> {
  const rows = await tx.query<NamedRow>(
    `select l.digest, b.size_bytes, ${isOpenable} as is_openable
       from repository_blob l
       join blob b on b.account = l.account and b.digest = l.digest
      where l.repository_id = $1 and l.digest = any($2) and b.bad_since is null
        and (${isOpenable} or exists (select 1 from manifest where repository_id = $1 and digest = $3))
      order by l.digest
        for key share of l`,
    [id, digests, manifest, principal, at],
  );
  return new Map(
    rows.map(({ digest, size_bytes: sizeBytes, is_openable: isOpenable }) => [digest, { sizeBytes, isOpenable }]),
  );
}
