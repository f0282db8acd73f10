import type { Action } from '@berth/access';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { FLEET_STORE, noSuchFleet, type Fleet, type FleetStore } from './fleet.js';
import { RegistryAccess, type Authorized } from './registry-access.js';

/** Which fleet somebody wants to do something with. */
export interface FleetAttempt {
  readonly registry: string;
  readonly name: string;
}

/** Finds the fleet of a call and decides whether its caller may. */
@Injectable()
export class KnownFleets {
  constructor(
    private readonly access: RegistryAccess,
    @Inject(FLEET_STORE) private readonly fleets: FleetStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found' (registry, fleet), 'denied', 'unavailable' without Postgres */
  async read(caller: Caller, { registry, name }: FleetAttempt): Promise<Fleet> {
    const by = await this.access.authorize(caller, { registry, action: 'fleets/read', resourceName: name });
    const fleet = await this.fleets.find(this.db, caller.account, { registryId: by.registry.id, name });
    if (fleet === null) throw noSuchFleet();
    return fleet;
  }

  /** Changes a fleet in one transaction, in which nobody else does. @throws as {@link read}, and what `change` throws */
  async change<Result>(
    caller: Caller,
    { registry, name, action }: FleetAttempt & { readonly action: Action },
    change: (tx: Transaction, by: Authorized, before: Fleet) => Promise<Result>,
  ): Promise<Result> {
    const by = await this.access.authorize(caller, { registry, action, resourceName: name });
    return this.db.transaction(async (tx) => {
      const before = await this.fleets.lock(tx, caller.account, { registryId: by.registry.id, name });
      if (before === null) throw noSuchFleet();
      return change(tx, by, before);
    });
  }
}
