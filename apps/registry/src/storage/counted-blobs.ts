import type { Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { CounterChange } from './usage-counters.js';

/** A blob whose row is locked. */
export interface LockedBlob {
  readonly account: string;
  readonly digest: Digest;
}

/**
 * Counts a blob that has just been linked, in its namespace ('' = in its registry) unless it is counted there already. Its
 * row of `blob` is held: nobody looks at it meanwhile.
 *
 * @returns where it is new
 */
export async function countBlob(
  tx: Transaction,
  { registryId, namespace, digest }: { registryId: string; namespace: string; digest: Digest },
): Promise<ReadonlySet<string>> {
  const counted = await tx.query<{ namespace: string }>(
    `insert into counted_blob (registry_id, namespace, digest) values ($1, $2, $3), ($1, '', $3)
     on conflict (registry_id, namespace, digest) do nothing returning namespace`,
    [registryId, namespace, digest],
  );
  return new Set(counted.map((row) => row.namespace));
}

/**
 * Counts blobs no more where no link of them is left; each stays counted until it is looked at, as long as its bytes lie
 * there. The rows of `blob` are locked: nobody links them meanwhile. A statement of its own, which sees what was committed
 * before the locks were had.
 *
 * @returns what becomes free, for the end of the transaction
 */
export async function uncountBlobs(tx: Transaction, blobs: readonly LockedBlob[]): Promise<readonly CounterChange[]> {
  const freed = await tx.query<{ account: string; registry_id: string; namespace: string; size_bytes: number }>(
    `with locked as materialized (
       select b.account, b.digest, b.size_bytes
         from unnest($1::uuid[], $2::text[]) as w (account, digest)
         join blob b on b.account = w.account and b.digest = w.digest),
     unlinked as materialized (
       select c.registry_id, c.namespace, c.digest, k.account, k.size_bytes
         from locked k
         join counted_blob c on c.digest = k.digest
         join storage_usage u on u.registry_id = c.registry_id and u.namespace = c.namespace and u.account = k.account
        where not exists (select 1 from repository_blob l
                           where l.account = k.account and l.digest = k.digest and l.registry_id = c.registry_id
                             and (c.namespace = '' or l.namespace = c.namespace)))
     delete from counted_blob c using unlinked n
      where c.registry_id = n.registry_id and c.namespace = n.namespace and c.digest = n.digest
     returning n.account, n.registry_id, n.namespace, n.size_bytes`,
    [blobs.map(({ account }) => account), blobs.map(({ digest }) => digest)],
  );
  return freed.map(({ account, registry_id: registryId, namespace, size_bytes }) => {
    return { account, registryId, namespace, usedBytes: -size_bytes, reservedBytes: 0 };
  });
}
