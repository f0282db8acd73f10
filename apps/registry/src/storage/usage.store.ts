import type { RepositoryName } from '@berth/oci';
import { Database, type Queryable, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { namespaceIn, type RepositoryAddress } from '../repository.js';
import { UsageStore, type RepositoryUsage, type StorageUsage, type UsageChange } from '../usage.js';
import { beginCounters, changeCounters, type CounterRow } from './usage-counters.js';

/** How much registries and namespaces hold, in Postgres. */
@Injectable()
export class PostgresUsageStore extends UsageStore {
  constructor(private readonly db: Database) {
    super();
  }

  async change(
    tx: Transaction,
    { account, registryId, name }: RepositoryAddress,
    { used, reservedBytes }: UsageChange,
  ): Promise<readonly StorageUsage[]> {
    const place = { account, registryId, reservedBytes };
    const rows = await changeCounters(tx, [
      { ...place, namespace: namespaceIn(name), usedBytes: used.namespaceBytes },
      { ...place, namespace: '', usedBytes: used.registryBytes },
    ]);
    return rows.map(usageOf);
  }

  begin(tx: Transaction, address: RepositoryAddress): Promise<void> {
    return beginCounters(tx, { ...address, namespace: namespaceIn(address.name) });
  }

  async forget({ account, registryId }: Pick<RepositoryAddress, 'account' | 'registryId'>): Promise<number> {
    const forgotten = await this.db.query(
      `delete from storage_usage u
        where u.registry_id = $1 and u.account = $2 and u.used_bytes = 0 and u.reserved_bytes = 0
          and not exists (select 1 from counted_blob c where c.registry_id = u.registry_id)
       returning u.namespace`,
      [registryId, account],
    );
    return forgotten.length;
  }

  async around(db: Queryable, { registryId, name }: RepositoryAddress): Promise<readonly StorageUsage[]> {
    const rows = await db.query<CounterRow>(
      `select registry_id, namespace, used_bytes, reserved_bytes from storage_usage
        where registry_id = $1 and namespace in ($2, '')`,
      [registryId, namespaceIn(name)],
    );
    return rows.map(usageOf);
  }

  async ofRegistry(
    { account, registryId }: Pick<RepositoryAddress, 'account' | 'registryId'>,
    { limit, named }: { readonly limit: number; readonly named: readonly string[] },
  ): Promise<readonly StorageUsage[]> {
    const rows = await this.db.query<CounterRow>(
      `(select registry_id, namespace, used_bytes, reserved_bytes from storage_usage
         where registry_id = $1 and account = $2 and namespace = any($3))
        union
       (select registry_id, namespace, used_bytes, reserved_bytes from storage_usage
         where registry_id = $1 and account = $2 and namespace <> '' and used_bytes + reserved_bytes > 0
         order by used_bytes desc, namespace limit $4)
        order by used_bytes desc, namespace`,
      [registryId, account, ['', ...named], limit],
    );
    return rows.map(usageOf);
  }

  async ofRepositories(
    { account, registryId }: Pick<RepositoryAddress, 'account' | 'registryId'>,
    names: readonly RepositoryName[],
  ): Promise<readonly RepositoryUsage[]> {
    const rows = await this.db.query<{ name: string; used_bytes: number }>(
      `select r.name,
              ((select coalesce(sum(b.size_bytes), 0)
                  from repository_blob l join blob b on b.account = l.account and b.digest = l.digest
                 where l.repository_id = r.id)
               + (select coalesce(sum(length(m.content)), 0) from manifest m where m.repository_id = r.id))::bigint
                as used_bytes
         from repository r
        where r.registry_id = $1 and r.account = $2 and r.name = any($3)
        order by r.name`,
      [registryId, account, names],
    );
    return rows.map(({ name, used_bytes: usedBytes }) => ({ name, usedBytes }));
  }
}

function usageOf({ namespace, used_bytes: usedBytes, reserved_bytes: reservedBytes }: CounterRow): StorageUsage {
  return { namespace: namespace === '' ? null : namespace, usedBytes, reservedBytes };
}
