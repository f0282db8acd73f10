import type { Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';

/** Names of SQL: the repository's id, the blob's digest, an instant. */
interface Referred {
  readonly repository: string;
  readonly digest: string;
  readonly at: string;
}

/** Condition of SQL: a manifest of the repository that may be pulled at the instant refers to the blob. */
export function hasOpenReference(referred: Referred): string {
  return hasReference(referred, `(d.closed_until is null or d.closed_until <= ${referred.at})`);
}

/** Condition of SQL: a manifest of the repository that is in quarantine at the instant refers to the blob. */
export function hasClosedReference(referred: Referred): string {
  return hasReference(referred, `d.closed_until > ${referred.at}`);
}

/** @param standing condition of SQL on the manifest `d` */
function hasReference({ repository, digest }: Referred, standing: string): string {
  return `exists (select 1 from manifest_reference m
                    join manifest d on d.repository_id = m.repository_id and d.digest = m.manifest
                   where m.repository_id = ${repository} and m.target = ${digest} and m.kind = 'blob'
                     and ${standing})`;
}

/**
 * Waits for whoever closes or deletes a manifest that refers to the blob just now, and lets later ones wait: the statement
 * after this sees what they did.
 */
export async function holdReferring(tx: Transaction, repositoryId: string, digest: Digest): Promise<void> {
  await tx.query(
    `select 1
       from manifest_reference m
       join manifest d on d.repository_id = m.repository_id and d.digest = m.manifest
      where m.repository_id = $1 and m.target = $2 and m.kind = 'blob'
      order by d.digest for share of d`,
    [repositoryId, digest],
  );
}

/**
 * Looks again which links a manifest that may be pulled refers to. They are held already.
 *
 * @returns whether one is other than it was
 */
export async function weighLinks(
  tx: Transaction,
  repositoryId: string,
  { digests, at }: { readonly digests: readonly Digest[]; readonly at: Date },
): Promise<boolean> {
  const changed = await tx.query(
    `with weighed as materialized (
       select digest, ${hasOpenReference({ repository: '$1', digest: 'l.digest', at: '$3' })} as is_open
         from repository_blob l where repository_id = $1 and digest = any($2))
     update repository_blob l set released = is_open from weighed
      where l.repository_id = $1 and l.digest = weighed.digest and l.released <> is_open
    returning l.digest`,
    [repositoryId, digests, at],
  );
  return changed.length > 0;
}
