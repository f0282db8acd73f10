import { uuid, type PrincipalRecord, type ScopeMapHolder } from '@berth/contracts';
import type { Queryable } from '@berth/persistence';
import { deviceId } from '../fleet.js';
import type { GroupMemberPage, HolderPage, ImportedUserPage, PrincipalStore } from '../principal.js';
import { groupsOf, ownerFacts, type OwnerFactsRow } from './principal-facts.js';
import { havingScopeMap, scopeMapIdOf } from './scope-map-columns.js';
import { ownerOf, type TokenRow } from './token-row.js';

interface FoundRow {
  readonly kind: string;
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly status: PrincipalRecord['status'];
  readonly groups: readonly string[];
  readonly imported: boolean;
}

interface FoundTokenRow extends Pick<TokenRow, 'id' | 'account' | 'name' | 'status' | 'owner_kind' | 'owner_id'> {
  readonly registry_id: string;
  readonly scope_map_id: string;
  readonly owner_now: OwnerFactsRow | null;
}

interface HolderRow extends Pick<TokenRow, 'id' | 'account' | 'name' | 'status' | 'owner_kind' | 'owner_id'> {
  readonly kind: ScopeMapHolder['kind'];
}

interface FoundDeviceRow extends Pick<TokenRow, 'id' | 'account' | 'name' | 'status'> {
  readonly device: string;
  readonly registry_id: string;
  readonly scope_map_id: string;
  readonly has_key: boolean;
  readonly is_denied: boolean;
}

/** A device, as its ref names it. */
interface DevicePlace {
  readonly fleetId: string;
  readonly device: string;
}

const none = `'[]'::json`;

/** The status of a row of `fleet`; no device of one without an enabled key logs in. */
const usableFleet = `case when exists (select from fleet_key k where k.fleet_id = fleet.id and k.status = 'enabled')
  then status else 'disabled' end`;

/** {@link PrincipalStore} on Postgres. */
export class PostgresPrincipalStore implements PrincipalStore {
  async find(db: Queryable, refs: readonly string[]): Promise<PrincipalRecord[]> {
    const ids = (kind: string) =>
      refs.filter((ref) => ref.startsWith(`${kind}:`) && isUuid(ref)).map((ref) => ref.slice(kind.length + 1));
    const rows = await db.query<FoundRow>(
      `select 'user' as kind, u.id, u.account, u.name, u.status, ${groupsOf('user', 'u.id')} as groups,
              u.is_imported as imported
         from user_account u where u.id = any($1::uuid[])
       union all
       select 'service', s.id, s.account, s.name, s.status, ${groupsOf('service', 's.id')}, false
         from service_id s where s.id = any($2::uuid[])
       union all
       select 'workload', w.id, w.account, w.name, 'enabled', ${none}, false
         from workload w where w.id = any($3::uuid[])
       union all
       select 'group', g.id, g.account, g.name, 'enabled', ${none}, false
         from principal_group g where g.id = any($4::uuid[])`,
      [ids('user'), ids('service'), ids('workload'), ids('group')],
    );
    const tokens = ids('token');
    const devices = refs.flatMap((ref) => devicePlaceOf(ref) ?? []);
    return [
      ...rows.map(recordOf),
      ...(tokens.length === 0 ? [] : await this.tokens(db, tokens)),
      ...(devices.length === 0 ? [] : await this.devices(db, devices)),
    ];
  }

  async members(db: Queryable, { groupId, after, limit }: GroupMemberPage): Promise<PrincipalRecord[]> {
    const rows = await db.query<{ ref: string }>(
      `select member_kind || ':' || member_id as ref from group_member
        where group_id = $1 and (member_kind || ':' || member_id) collate "C" > $2
        order by (member_kind || ':' || member_id) collate "C" limit $3`,
      [groupId, after ?? '', limit],
    );
    const refs = rows.map(({ ref }) => ref);
    const known = new Map((await this.find(db, refs)).map((each) => [each.ref, each]));
    return refs.flatMap((ref) => known.get(ref) ?? []);
  }

  async holders(db: Queryable, { scopeMapId, after, limit }: HolderPage): Promise<ScopeMapHolder[]> {
    const [kind = '', name = ''] = after?.split(/\/(.*)/s, 2) ?? [];
    const { condition, parameters } = havingScopeMap(scopeMapId);
    const rows = await db.query<HolderRow>(
      `(select 'fleet' as kind, id, account, name, ${usableFleet} as status, null as owner_kind, null::uuid as owner_id
          from fleet where ${condition} and $3 in ('', 'fleet') and name > $4 order by name limit $5)
       union all
       (select 'token', id, account, name, status, owner_kind, owner_id
          from token where ${condition} and name > case $3 when 'token' then $4 else '' end order by name limit $5)
       limit $5`,
      [...parameters, kind, name, limit],
    );
    return rows.map(({ owner_kind: ownerKind, owner_id: ownerId, ...row }) => ({
      ...row,
      owner: ownerOf({ owner_kind: ownerKind, owner_id: ownerId }),
    }));
  }

  async importedUsers(db: Queryable, { account, after, limit }: ImportedUserPage): Promise<string[]> {
    const rows = await db.query<{ id: string }>(
      `select id from user_account
        where account = $1 and is_imported and ($2::uuid is null or id > $2::uuid) order by id limit $3`,
      [account, after, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** A device has no row: there is any of a fleet that is there. */
  private async devices(db: Queryable, places: readonly DevicePlace[]): Promise<PrincipalRecord[]> {
    const rows = await db.query<FoundDeviceRow>(
      `select asked.device, f.id, f.account, f.registry_id, f.name, ${scopeMapIdOf('f')} as scope_map_id, f.status,
              exists (select from fleet_key k where k.fleet_id = f.id and k.status = 'enabled') as has_key,
              exists (select from fleet_denied d where d.fleet_id = f.id and d.device = asked.device) as is_denied
         from unnest($1::uuid[], $2::text[]) as asked (fleet_id, device) join fleet f on f.id = asked.fleet_id`,
      [places.map(({ fleetId }) => fleetId), places.map(({ device }) => device)],
    );
    return rows.map(deviceRecordOf);
  }

  /** A token whose owner is gone opens nothing: it is left out. */
  private async tokens(db: Queryable, ids: readonly string[]): Promise<PrincipalRecord[]> {
    const rows = await db.query<FoundTokenRow>(
      `select t.id, t.account, t.registry_id, t.name, ${scopeMapIdOf('t')} as scope_map_id, t.status, t.owner_kind, t.owner_id,
              ${ownerFacts} as owner_now
         from token t where t.id = any($1::uuid[])`,
      [ids],
    );
    return rows.filter((row) => row.owner_id === null || row.owner_now !== null).map(tokenRecordOf);
  }
}

function isUuid(ref: string): boolean {
  return uuid.safeParse(ref.slice(ref.indexOf(':') + 1)).success;
}

/** Null for a ref of another kind, and for one that no device can have. */
function devicePlaceOf(ref: string): DevicePlace | null {
  const [, fleetId = '', device = ''] = /^device:([^/]+)\/(.+)$/s.exec(ref) ?? [];
  return uuid.safeParse(fleetId).success && deviceId.safeParse(device).success ? { fleetId, device } : null;
}

/** As a log-in of the device would be judged, but for which key its password is derived from. */
function deviceRecordOf(row: FoundDeviceRow): PrincipalRecord {
  const { id, account, name, device, has_key: hasKey, is_denied: isDenied } = row;
  const isShut = row.status === 'disabled' || !hasKey || isDenied;
  const refusal = hasKey ? ({ refusal: 'device-denied' } as const) : ({ refusal: 'fleet-key-disabled' } as const);
  return {
    ...{ ref: `device:${id}/${device}`, account, name: `${name}/${device}`, groups: [], imported: false },
    status: isShut ? 'disabled' : 'enabled',
    ...(isShut && row.status === 'enabled' ? refusal : {}),
    ...{ registryId: row.registry_id, scopeMapId: row.scope_map_id, owner: null },
  };
}

function recordOf({ kind, id, ...row }: FoundRow): PrincipalRecord {
  return { ...row, ref: `${kind}:${id}`, groups: [...row.groups], registryId: null, scopeMapId: null, owner: null };
}

function tokenRecordOf(row: FoundTokenRow): PrincipalRecord {
  const { id, account, name, owner_now: now } = row;
  const owner = ownerOf(row);
  const isShut = row.status === 'disabled' || now?.status === 'disabled';
  return {
    ...{ ref: `token:${id}`, account, name, groups: [], imported: false },
    status: isShut ? 'disabled' : 'enabled',
    registryId: row.registry_id,
    scopeMapId: row.scope_map_id,
    owner: owner === null || now === null ? null : { ref: owner, groups: [...now.groups], imported: now.isImported },
  };
}
