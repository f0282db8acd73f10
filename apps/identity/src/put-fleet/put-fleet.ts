import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { FLEET_STORE, type Fleet, type FleetStore, type FleetWish } from '../fleet.js';
import { FleetChanges } from '../fleet-changes.js';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { ScopeMapChoice } from '../scope-map-choice.js';

/** What a fleet is to be, and where. */
export interface PutFleetRequest {
  readonly registry: string;
  readonly name: string;
  /** The name of a scope map. */
  readonly scopeMap: string;
  readonly status: Fleet['status'];
}

/** Creates a fleet, or makes the one of that name what was asked for. The same request twice changes nothing more. */
@Injectable()
export class PutFleet {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
    @Inject(FLEET_STORE) private readonly fleets: FleetStore,
    private readonly changes: FleetChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found' (registry), 'denied' (may not write fleets, or doesn't hold all that the scope map gives),
   *   'malformed' with code `unknown-scope-map`, 'unavailable' (Postgres, or policy where only it knows)
   */
  async execute(caller: Caller, request: PutFleetRequest): Promise<{ fleet: Fleet; isNew: boolean }> {
    const { registry, name, scopeMap, status } = request;
    const by = await this.access.authorize(caller, { registry, action: 'fleets/write', resourceName: name });
    const map = await this.scopeMaps.named(by.registry, scopeMap);
    await this.access.requireHeld(by, map);
    return this.db.transaction((tx) => this.put(tx, by, { scopeMapId: map.id, status }));
  }

  private async put(tx: Transaction, by: Authorized, wish: FleetWish): Promise<{ fleet: Fleet; isNew: boolean }> {
    const place = { registryId: by.registry.id, name: by.resourceName };
    const before = await this.fleets.lock(tx, by.caller.account, place);
    if (before !== null) return { fleet: await this.changes.update(tx, by, { before, wish }), isNew: false };
    const created = await this.changes.create(tx, by, wish);
    if (created !== null) return { fleet: created, isNew: true };
    // Somebody else created it between the two statements: theirs is the one to change.
    return this.put(tx, by, wish);
  }
}
