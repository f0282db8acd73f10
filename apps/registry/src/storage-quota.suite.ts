import { installation, type ContentPoliciesDefinition } from '@berth/contracts';
import type { Queryable } from '@berth/persistence';
import type { TestRegistry } from './registry.suite.js';

/** What a registry may hold, and its namespaces by name; null and absent = no limit. */
export interface TestQuota {
  readonly registry?: number;
  readonly namespaces?: Readonly<Record<string, number>>;
}

let version = 1;

/** Sets the quota of the installation's registry, as if policy had published it. */
export async function limitStorage(
  registry: TestRegistry,
  { registry: bytes, namespaces = {} }: TestQuota,
): Promise<void> {
  version += 1;
  const policies: ContentPoliciesDefinition = {
    ...{ kind: 'content-policies', id: installation.registryId, account: installation.accountId, version },
    ...{ status: 'active', changedAt: new Date().toISOString(), registryId: installation.registryId },
    quarantine: { isOn: false, releaseAfterHours: null },
    immutability: [],
    quota: {
      storageBytes: bytes ?? null,
      namespaces: Object.entries(namespaces).map(([namespace, storageBytes]) => ({ namespace, storageBytes })),
    },
  };
  await registry.define(policies);
}

/** In this order nothing that is left refers to something that is gone. */
const tables = [
  ...['upload', 'tag', 'manifest_reference', 'manifest', 'blob_holder', 'repository_blob', 'blob_review', 'blob'],
  ...['repository', 'counted_blob', 'storage_usage'],
];

/** As if nothing had ever been pushed. */
export async function forgetContents({ db }: TestRegistry): Promise<void> {
  for (const table of tables) await db.query(`delete from ${table}`);
}

/** Used and reserved bytes by namespace; '' = the registry. */
export type Counters = Readonly<Record<string, readonly [used: number, reserved: number]>>;

/** What the counters say; places that hold nothing are left out. */
export async function counted({ db }: { readonly db: Queryable }): Promise<Counters> {
  return countersOf(
    await db.query<CounterRow>(
      `select namespace, used_bytes as used, reserved_bytes as reserved from storage_usage
        where used_bytes <> 0 or reserved_bytes <> 0`,
    ),
  );
}

/** What is there, counted anew; deleted repositories of which something is left included, and what is yet to be looked at. */
export async function recounted({ db }: { readonly db: Queryable }): Promise<Counters> {
  return countersOf(
    await db.query<CounterRow>(
      `with place as (
         select id, coalesce(split_part(name, '/', 1), namespace) as namespace from repository),
       stored as (
         select p.namespace, l.digest, b.size_bytes as bytes
           from repository_blob l join place p on p.id = l.repository_id
           join blob b on b.account = l.account and b.digest = l.digest
          union
         select c.namespace, c.digest, b.size_bytes
           from counted_blob c join blob_review w on w.digest = c.digest
           join blob b on b.account = w.account and b.digest = w.digest
          where c.namespace <> ''),
       manifests as (
         select p.namespace, length(m.content) as bytes from manifest m join place p on p.id = m.repository_id),
       reserved as (select split_part(repository, '/', 1) as namespace, reserved_bytes as bytes from upload),
       counted (namespace, used, reserved) as (
         select namespace, bytes, 0 from stored
          union all select '', bytes, 0 from (select distinct digest, bytes from stored) s
          union all select namespace, bytes, 0 from manifests
          union all select '', bytes, 0 from manifests
          union all select namespace, 0, bytes from reserved
          union all select '', 0, bytes from reserved)
       select namespace, sum(used)::bigint as used, sum(reserved)::bigint as reserved from counted
        group by namespace having sum(used) <> 0 or sum(reserved) <> 0`,
    ),
  );
}

interface CounterRow {
  readonly namespace: string;
  readonly used: number;
  readonly reserved: number;
}

function countersOf(rows: readonly CounterRow[]): Counters {
  return Object.fromEntries(rows.map(({ namespace, used, reserved }) => [namespace, [used, reserved]]));
}
