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

  async findAll(db: Queryable, account: string, names: readonly string[]): Promise<RegistryDefinition[]> {
    const sql = `select ${columns} from registry where account = $1 and name = any($2)`;
    return (await db.query<RegistryRow>(sql, [account, names])).map(registryOf);
  }

  async lock(tx: Transaction, account: string, name: string): Promise<RegistryDefinition | null> {
    const sql = `select ${columns} from registry where account = $1 and name = $2 for update`;
    return (await tx.query<RegistryRow>(sql, [account, name])).map(registryOf)[0] ?? null;
  }

  async findInAnyAccount(db: Queryable, name: string): Promise<RegistryDefinition | null> {
    const rows = await db.query<RegistryRow>(`select ${columns} from registry where name = $1`, [name]);
    return rows.map(registryOf)[0] ?? null;
  }

  async accountOf(db: Queryable, id: string): Promise<string | null> {
    const rows = await db.query<{ account: string }>(`select account from registry where id = $1`, [id]);
    return rows[0]?.account ?? null;
  }

  async lockInAnyAccountIfFree(tx: Transaction, id: string): Promise<RegistryDefinition | null> {
    const sql = `select ${columns} from registry where id = $1 for update skip locked`;
    return (await tx.query<RegistryRow>(sql, [id])).map(registryOf)[0] ?? null;
  }

  async page(db: Queryable, account: string, { after, limit }: RegistryPage): Promise<RegistryDefinition[]> {
    const rows = await db.query<RegistryRow>(
      `select ${columns} from registry where account = $1 and name > $2 order by name limit $3`,
      [account, after ?? '', limit],
    );
    return rows.map(registryOf);
  }

  async count(db: Queryable, account: string): Promise<number> {
    const [row] = await db.query<{ found: number }>(`select count(*) as found from registry where account = $1`, [
      account,
    ]);
    return row?.found ?? 0;
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

  async update(tx: Transaction, registry: RegistryDefinition): Promise<void> {
    const { account, id, region, resourceGroup, plan, version, changedAt } = registry;
    await tx.query(
      `update registry set region = $3, resource_group = $4, plan = $5, version = $6, changed_at = $7
        where account = $1 and id = $2`,
      [account, id, region, resourceGroup, plan, version, changedAt],
    );
  }

  async delete(tx: Transaction, { account, id, name }: RegistryDefinition, heldUntil: Date): Promise<void> {
    await tx.query(`delete from registry where account = $1 and id = $2`, [account, id]);
    await tx.query(
      `insert into held_registry_name (folded_name, held_until) values (lower($1), $2)
       on conflict (folded_name) do update set held_until = excluded.held_until`,
      [name, heldUntil],
    );
  }

  async heldUntil(db: Queryable, name: string, now: Date): Promise<Date | null> {
    const rows = await db.query<{ held_until: Date }>(
      `select held_until from held_registry_name where folded_name = lower($1) and held_until > $2`,
      [name, now],
    );
    return rows[0]?.held_until ?? null;
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
