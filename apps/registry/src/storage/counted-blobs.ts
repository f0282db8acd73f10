import type { Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import type { Growth } from '../usage.js';
import type { CounterChange } from './usage-counters.js';

/** A link that is gone, and where it was counted; null = nowhere. */
export interface CountedLink {
  readonly account: string;
  readonly digest: Digest;
  readonly registry_id: string | null;
  readonly namespace: string | null;
}

/**
 * Counts a blob that has just been linked, in its namespace ('' = in its registry) unless it is counted there already. Its
 * row of `blob` is held: nobody takes a link of it away meanwhile.
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
 * Counts blobs no more where no link of them is left. Their rows of `blob` are locked: nobody links them meanwhile. A
 * statement of its own after the links are gone, which sees what was committed before the locks were had.
 *
 * @returns what becomes free
 */
export async function uncountBlobs(tx: Transaction, links: readonly CountedLink[]): Promise<readonly CounterChange[]> {
  const counted = links.filter(({ namespace }) => namespace !== null);
  if (counted.length === 0) return [];
  const freed = await tx.query<{ account: string; registry_id: string; namespace: string; size_bytes: number }>(
    `with lost as materialized (
       select distinct w.account, w.digest, w.registry_id, place.namespace
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) as w (account, digest, registry_id, namespace)
        cross join lateral (values (w.namespace), ('')) as place (namespace)),
     uncounted as (
       delete from counted_blob c using lost w
        where c.registry_id = w.registry_id and c.namespace = w.namespace and c.digest = w.digest
          and not exists (select 1 from repository_blob l
                           where l.account = w.account and l.digest = w.digest and l.registry_id = w.registry_id
                             and l.namespace = w.namespace)
          and (w.namespace <> ''
               or not exists (select 1 from repository_blob l
                               where l.account = w.account and l.digest = w.digest and l.registry_id = w.registry_id))
       returning w.account, w.registry_id, w.namespace, w.digest)
     select u.account, u.registry_id, u.namespace, b.size_bytes
       from uncounted u join blob b on b.account = u.account and b.digest = u.digest`,
    [
      ...[counted.map(({ account }) => account), counted.map(({ digest }) => digest)],
      ...[counted.map(({ registry_id }) => registry_id), counted.map(({ namespace }) => namespace)],
    ],
  );
  return freed.map(({ account, registry_id: registryId, namespace, size_bytes }) => {
    return { account, registryId, namespace, usedBytes: -size_bytes, reservedBytes: 0 };
  });
}

/** What the namespace and the registry of one repository hold less. */
export function freedIn(freed: readonly CounterChange[]): Growth {
  const sum = (some: readonly CounterChange[]): number => some.reduce((bytes, { usedBytes }) => bytes - usedBytes, 0);
  return {
    namespaceBytes: sum(freed.filter(({ namespace }) => namespace !== '')),
    registryBytes: sum(freed.filter(({ namespace }) => namespace === '')),
  };
}
