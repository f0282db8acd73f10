import type { Queryable, Transaction } from '@berth/persistence';

/** How the counters of one place change; each number may be negative. */
export interface CounterChange {
  readonly account: string;
  readonly registryId: string;
  /** '' = the whole registry. */
  readonly namespace: string;
  readonly usedBytes: number;
  readonly reservedBytes: number;
}

/** A row of `storage_usage`. */
export interface CounterRow {
  readonly registry_id: string;
  readonly namespace: string;
  readonly used_bytes: number;
  readonly reserved_bytes: number;
}

/**
 * Changes counters, several of one place together; as the last step of a transaction, see `UsageStore`. In one order over
 * all registries, so that two transactions which change many wait for each other instead of deadlocking.
 *
 * @returns the counters that have changed
 */
export async function changeCounters(tx: Transaction, changes: readonly CounterChange[]): Promise<CounterRow[]> {
  const summed = sumByPlace(changes);
  if (summed.length === 0) return [];
  return tx.query<CounterRow>(
    `with wanted as materialized (
       select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[])
                     as w (registry_id, namespace, used_bytes, reserved_bytes)),
     locked as materialized (
       select u.registry_id, u.namespace
         from storage_usage u join wanted w on w.registry_id = u.registry_id and w.namespace = u.namespace
        order by u.registry_id, u.namespace desc for no key update of u)
     update storage_usage u
        set used_bytes = u.used_bytes + w.used_bytes, reserved_bytes = u.reserved_bytes + w.reserved_bytes
       from locked l join wanted w on w.registry_id = l.registry_id and w.namespace = l.namespace
      where u.registry_id = l.registry_id and u.namespace = l.namespace
     returning u.registry_id, u.namespace, u.used_bytes, u.reserved_bytes`,
    [
      ...[summed.map((each) => each.registryId), summed.map((each) => each.namespace)],
      ...[summed.map((each) => each.usedBytes), summed.map((each) => each.reservedBytes)],
    ],
  );
}

/** Makes the two counters of a repository, at zero, before anything in it is counted. */
export async function beginCounters(
  db: Queryable,
  { account, registryId, namespace }: Pick<CounterChange, 'account' | 'registryId' | 'namespace'>,
): Promise<void> {
  await db.query(
    `insert into storage_usage (registry_id, namespace, account, used_bytes, reserved_bytes)
     values ($1, $2, $3, 0, 0), ($1, '', $3, 0, 0)
     on conflict (registry_id, namespace) do nothing`,
    [registryId, namespace, account],
  );
}

function sumByPlace(changes: readonly CounterChange[]): readonly CounterChange[] {
  const summed = new Map<string, CounterChange>();
  for (const change of changes) {
    const place = `${change.registryId} ${change.namespace}`;
    const known = summed.get(place);
    const usedBytes = (known?.usedBytes ?? 0) + change.usedBytes;
    const reservedBytes = (known?.reservedBytes ?? 0) + change.reservedBytes;
    summed.set(place, { ...change, usedBytes, reservedBytes });
  }
  return [...summed.values()].filter(({ usedBytes, reservedBytes }) => usedBytes !== 0 || reservedBytes !== 0);
}
