import type { Database } from '@berth/persistence';
import type { Epochs } from '../credential.js';
import type { DeviceFacts, DeviceStore, Fleet, FleetKey, PresentedDevice } from '../fleet.js';
import { bothEpochs } from './credential.store.js';
import { scopeMapIdOf } from './scope-map-columns.js';

interface FactsRow {
  readonly place: number;
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly scope_map_id: string;
  readonly status: Fleet['status'];
  readonly version: number;
  readonly key_sealed: Buffer | null;
  readonly key_status: FleetKey['status'] | null;
  readonly is_denied: boolean;
}

const factsOf = {
  name: 'identity-devices',
  text: `select e.definitions, e.deletions, asked.place, f.id, f.account, f.name, ${scopeMapIdOf('f')} as scope_map_id, f.status, f.version,
                k.key_sealed, k.status as key_status, d.device is not null as is_denied
           from ${bothEpochs}
           left join (
             unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) with ordinality
               as asked (registry_id, fleet, device, key_id, place)
             join fleet f on f.registry_id = asked.registry_id and f.name = asked.fleet
             left join fleet_key k on k.fleet_id = f.id and k.id = asked.key_id
             left join fleet_denied d on d.fleet_id = f.id and d.device = asked.device
           ) on true`,
};

const newestKeyOf = {
  name: 'identity-newest-fleet-key',
  text: `select id, key_sealed from fleet_key where fleet_id = $1 and status = 'enabled' order by made desc limit 1`,
};

/** {@link DeviceStore} on Postgres. */
export class PostgresDeviceStore implements DeviceStore {
  constructor(private readonly db: Database) {}

  async read(asked: readonly PresentedDevice[]): Promise<{ epochs: Epochs; facts: (DeviceFacts | null)[] }> {
    const rows = await this.db.prepared<Epochs & (FactsRow | { readonly id: null })>(factsOf, [
      asked.map(({ registryId }) => registryId),
      asked.map(({ fleet }) => fleet),
      asked.map(({ device }) => device),
      asked.map(({ keyId }) => keyId),
    ]);
    const [{ definitions, deletions } = { definitions: 0, deletions: 0 }] = rows;
    const facts = new Map(rows.flatMap((row) => (row.id === null ? [] : [[row.place, deviceFactsOf(row)] as const])));
    return { epochs: { definitions, deletions }, facts: asked.map((_, at) => facts.get(at + 1) ?? null) };
  }

  async newestKey(fleetId: string): Promise<{ id: string; sealed: Buffer } | null> {
    const [row] = await this.db.prepared<{ id: string; key_sealed: Buffer }>(newestKeyOf, [fleetId]);
    return row === undefined ? null : { id: row.id, sealed: row.key_sealed };
  }
}

function deviceFactsOf(row: FactsRow): DeviceFacts {
  const { key_sealed: sealed, key_status: status } = row;
  return {
    id: row.id,
    account: row.account,
    name: row.name,
    scopeMapId: row.scope_map_id,
    status: row.status,
    version: row.version,
    key: sealed === null || status === null ? null : { sealed, status },
    isDenied: row.is_denied,
  };
}
