import type { Queryable, Transaction } from '@berth/persistence';
import { ScopeMapStore, type ScopeMap, type ScopeMapKey, type ScopeMapPage } from '../scope-map.js';

interface ScopeMapRow {
  readonly id: string;
  readonly account: string;
  readonly registry_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly actions: string[];
  readonly conditions: NonNullable<ScopeMap['conditions']> | null;
  readonly version: number;
  readonly created_at: Date;
  readonly changed_at: Date;
}

const columns = 'id, account, registry_id, name, description, actions, conditions, version, created_at, changed_at';
const byKey = `select ${columns} from scope_map where account = $1 and registry_id = $2 and name = $3`;

/** Scope maps in Postgres. */
export class PostgresScopeMapStore extends ScopeMapStore {
  async find(db: Queryable, account: string, { registryId, name }: ScopeMapKey): Promise<ScopeMap | null> {
    return first(await db.query<ScopeMapRow>(byKey, [account, registryId, name]));
  }

  async lock(tx: Transaction, account: string, { registryId, name }: ScopeMapKey): Promise<ScopeMap | null> {
    return first(await tx.query<ScopeMapRow>(`${byKey} for update`, [account, registryId, name]));
  }

  async page(db: Queryable, account: string, { registryId, after, limit }: ScopeMapPage): Promise<ScopeMap[]> {
    const rows = await db.query<ScopeMapRow>(
      `select ${columns} from scope_map
        where account = $1 and registry_id = $2 and name > $3
        order by name limit $4`,
      [account, registryId, after ?? '', limit],
    );
    return rows.map(scopeMapOf);
  }

  async findInAnyAccount(db: Queryable, { registryId, name }: ScopeMapKey): Promise<ScopeMap | null> {
    const sql = `select ${columns} from scope_map where registry_id = $1 and name = $2`;
    return first(await db.query<ScopeMapRow>(sql, [registryId, name]));
  }

  /** By registry, because names are indexed within one. After every letter, digit, `-` and `_` comes `~`. */
  async countNamed(db: Queryable, account: string, prefix: string): Promise<number> {
    const rows = await db.query<{ count: number }>(
      `select count(*) as count
         from registry join scope_map on scope_map.registry_id = registry.id
        where registry.account = $1 and scope_map.name >= $2 and scope_map.name < $3`,
      [account, prefix, `${prefix}~`],
    );
    return rows[0]?.count ?? 0;
  }

  async insert(tx: Transaction, map: ScopeMap): Promise<boolean> {
    const { id, account, registryId, name, description, actions, version, createdAt, changedAt } = map;
    const inserted = await tx.query(
      `insert into scope_map (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (registry_id, name) do nothing
       returning id`,
      [id, account, registryId, name, description, actions, conditionsOf(map), version, createdAt, changedAt],
    );
    return inserted.length === 1;
  }

  async update(tx: Transaction, map: ScopeMap): Promise<void> {
    const { account, id, description, actions, version, changedAt } = map;
    await tx.query(
      `update scope_map set description = $3, actions = $4, conditions = $5, version = $6, changed_at = $7
        where account = $1 and id = $2`,
      [account, id, description, actions, conditionsOf(map), version, changedAt],
    );
  }

  async delete(tx: Transaction, { account, id }: ScopeMap): Promise<void> {
    await tx.query(`delete from scope_map where account = $1 and id = $2`, [account, id]);
  }
}

function first(rows: readonly ScopeMapRow[]): ScopeMap | null {
  return rows.map(scopeMapOf)[0] ?? null;
}

function conditionsOf({ conditions = [] }: ScopeMap): string | null {
  return conditions.length === 0 ? null : JSON.stringify(conditions);
}

function scopeMapOf({ registry_id, conditions, created_at, changed_at, ...row }: ScopeMapRow): ScopeMap {
  return {
    kind: 'scope-map',
    ...row,
    ...(conditions === null ? {} : { conditions }),
    registryId: registry_id,
    status: 'active',
    createdAt: created_at.toISOString(),
    changedAt: changed_at.toISOString(),
  };
}
