import type { RegistryDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { RegistryStore, type RegistryPage } from '../registry.js';

interface RegistryRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly region: string | null;
  readonly resource_group: string | null;
  readonly plan: string;
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'id, account, name, region, resource_group, plan, version, changed_at';

/** Registries in Postgres. */
export class PostgresRegistryStore extends RegistryStore {
  async find(db: Queryable, account: string, name: string): Promise<RegistryDefinition | null> {
    const rows = await db.query<RegistryRow>(`select ${columns} from registry where account = $1 and name = $2`, [
      account,
      name,
    ]);
    return rows.map(registryOf)[0] ?? null;
  }

  async findInAnyAccount(db: Queryable, name: string): Promise<RegistryDefinition | null> {
    const rows = await db.query<RegistryRow>(`select ${columns} from registry where name = $1`, [name]);
    return rows.map(registryOf)[0] ?? null;
  }

  async page(db: Queryable, account: string, { after, limit }: RegistryPage): Promise<RegistryDefinition[]> {
    const rows = await db.query<RegistryRow>(
      `select ${columns} from registry where account = $1 and name > $2 order by name limit $3`,
      [account, after ?? '', limit],
    );
    return rows.map(registryOf);
  }

  async insert(tx: Transaction, registry: RegistryDefinition): Promise<boolean> {
    const { id, account, name, region, resourceGroup, plan, version, changedAt } = registry;
    const inserted = await tx.query(
      `insert into registry (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict do nothing
       returning id`,
      [id, account, name, region, resourceGroup, plan, version, changedAt],
    );
    return inserted.length === 1;
  }
}

function registryOf({ resource_group, changed_at, ...row }: RegistryRow): RegistryDefinition {
  return {
    kind: 'registry',
    ...row,
    resourceGroup: resource_group,
    status: 'active',
    changedAt: changed_at.toISOString(),
  };
}
