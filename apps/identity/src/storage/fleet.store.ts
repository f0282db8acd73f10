import type { Queryable, Transaction } from '@berth/persistence';
import type { DeniedDevice, Fleet, FleetKey, FleetPage, FleetPlace, FleetStore } from '../fleet.js';
import { havingScopeMap, scopeMapIdOf, scopeMapParameters } from './scope-map-columns.js';

/** One row per key of a fleet, or one with nulls for a fleet without. */
interface FleetRow {
  readonly id: string;
  readonly account: string;
  readonly registry_id: string;
  readonly name: string;
  readonly scope_map_id: string;
  readonly status: Fleet['status'];
  readonly version: number;
  readonly created_at: Date;
  readonly changed_at: Date;
  readonly key_id: string | null;
  readonly key_status: FleetKey['status'] | null;
  readonly key_created_at: Date | null;
}

const columns = `f.id, f.account, f.registry_id, f.name, ${scopeMapIdOf('f')} as scope_map_id, f.status, f.version, f.created_at,
  f.changed_at,  k.id as key_id, k.status as key_status, k.created_at as key_created_at`;

/** {@link FleetStore} on Postgres. */
export class PostgresFleetStore implements FleetStore {
  async find(db: Queryable, account: string, { registryId, name }: FleetPlace): Promise<Fleet | null> {
    const rows = await db.query<FleetRow>(
      `select ${columns} from fleet f left join fleet_key k on k.fleet_id = f.id
        where f.account = $1 and f.registry_id = $2 and f.name = $3 order by k.made`,
      [account, registryId, name],
    );
    return fleetsOf(rows)[0] ?? null;
  }

  /** The lock comes first and alone: only then are the keys, which change under it, read as they are now. */
  async lock(tx: Transaction, account: string, place: FleetPlace): Promise<Fleet | null> {
    const locked = await tx.query(
      `select id from fleet where account = $1 and registry_id = $2 and name = $3 for update`,
      [account, place.registryId, place.name],
    );
    return locked.length === 0 ? null : this.find(tx, account, place);
  }

  async page(
    db: Queryable,
    account: string,
    { registryId, after, limit }: FleetPage & { readonly registryId: string },
  ): Promise<Fleet[]> {
    const rows = await db.query<FleetRow>(
      `select ${columns}
         from (select id, account, registry_id, name, scope_map_id, system_scope_map, status, version, created_at, changed_at
                 from fleet where account = $1 and registry_id = $2 and name > $3 order by name limit $4) f
         left join fleet_key k on k.fleet_id = f.id
        order by f.name, k.made`,
      [account, registryId, after ?? '', limit],
    );
    return fleetsOf(rows);
  }

  async insert(tx: Transaction, fleet: Fleet): Promise<boolean> {
    const [scopeMapId, systemScopeMap] = scopeMapParameters(fleet.scopeMapId);
    const inserted = await tx.query(
      `insert into fleet (id, account, registry_id, name, scope_map_id, status, version, created_at, changed_at,
                          system_scope_map)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (registry_id, name) do nothing
       returning id`,
      [
        fleet.id,
        fleet.account,
        fleet.registryId,
        fleet.name,
        scopeMapId,
        fleet.status,
        fleet.version,
        new Date(fleet.createdAtMs),
        new Date(fleet.changedAtMs),
        systemScopeMap,
      ],
    );
    return inserted.length === 1;
  }

  async update(tx: Transaction, fleet: Fleet): Promise<void> {
    const { account, id, status, version, changedAtMs } = fleet;
    await tx.query(
      `update fleet set status = $3, version = $4, changed_at = $5, scope_map_id = $6, system_scope_map = $7
        where account = $1 and id = $2`,
      [account, id, status, version, new Date(changedAtMs), ...scopeMapParameters(fleet.scopeMapId)],
    );
  }

  async delete(tx: Transaction, { account, id }: Pick<Fleet, 'account' | 'id'>): Promise<void> {
    await tx.query(`delete from fleet_denied where account = $1 and fleet_id = $2`, [account, id]);
    await tx.query(`delete from fleet_key where account = $1 and fleet_id = $2`, [account, id]);
    await tx.query(`delete from fleet where account = $1 and id = $2`, [account, id]);
  }

  async insertKey(tx: Transaction, fleet: Fleet, key: FleetKey & { readonly sealed: Buffer }): Promise<void> {
    await tx.query(
      `insert into fleet_key (fleet_id, id, account, key_sealed, status, made, created_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [fleet.id, key.id, fleet.account, key.sealed, key.status, fleet.version, new Date(key.createdAtMs)],
    );
  }

  async setKeyStatus(tx: Transaction, fleet: Fleet, { id, status }: Pick<FleetKey, 'id' | 'status'>): Promise<void> {
    await tx.query(`update fleet_key set status = $4 where account = $1 and fleet_id = $2 and id = $3`, [
      fleet.account,
      fleet.id,
      id,
      status,
    ]);
  }

  async deleteKey(tx: Transaction, { account, id }: Fleet, keyId: string): Promise<void> {
    await tx.query(`delete from fleet_key where account = $1 and fleet_id = $2 and id = $3`, [account, id, keyId]);
  }

  async deny(tx: Transaction, { account, id }: Fleet, { device, deniedAtMs }: DeniedDevice): Promise<boolean> {
    const denied = await tx.query(
      `insert into fleet_denied (fleet_id, device, account, denied_at) values ($1, $2, $3, $4)
       on conflict (fleet_id, device) do nothing
       returning device`,
      [id, device, account, new Date(deniedAtMs)],
    );
    return denied.length === 1;
  }

  async allow(tx: Transaction, { account, id }: Fleet, device: string): Promise<boolean> {
    const allowed = await tx.query(
      `delete from fleet_denied where account = $1 and fleet_id = $2 and device = $3 returning device`,
      [account, id, device],
    );
    return allowed.length === 1;
  }

  async denied(db: Queryable, { account, id }: Fleet, { after, limit }: FleetPage): Promise<DeniedDevice[]> {
    const rows = await db.query<{ device: string; denied_at: Date }>(
      `select device, denied_at from fleet_denied where account = $1 and fleet_id = $2 and device > $3
        order by device limit $4`,
      [account, id, after ?? '', limit],
    );
    return rows.map(({ device, denied_at: deniedAt }) => ({ device, deniedAtMs: deniedAt.getTime() }));
  }

  async countOfScopeMap(db: Queryable, scopeMapId: string): Promise<number> {
    const { condition, parameters } = havingScopeMap(scopeMapId);
    const [row] = await db.query<{ fleets: number }>(
      `select count(*) as fleets from fleet where ${condition}`,
      parameters,
    );
    return row?.fleets ?? 0;
  }
}

/** The fleets of joined rows, in their order; each one's keys too. */
function fleetsOf(rows: readonly FleetRow[]): Fleet[] {
  const byId = new Map<string, Fleet & { keys: FleetKey[] }>();
  for (const row of rows) {
    const fleet = byId.get(row.id) ?? fleetOf(row);
    byId.set(row.id, fleet);
    const { key_id: id, key_status: status, key_created_at: createdAt } = row;
    if (id !== null && status !== null && createdAt !== null) {
      fleet.keys.push({ id, status, createdAtMs: createdAt.getTime() });
    }
  }
  return [...byId.values()];
}

function fleetOf(row: FleetRow): Fleet & { keys: FleetKey[] } {
  return {
    id: row.id,
    account: row.account,
    registryId: row.registry_id,
    name: row.name,
    scopeMapId: row.scope_map_id,
    status: row.status,
    version: row.version,
    createdAtMs: row.created_at.getTime(),
    changedAtMs: row.changed_at.getTime(),
    keys: [],
  };
}
