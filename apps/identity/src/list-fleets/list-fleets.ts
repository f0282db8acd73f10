import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { FLEET_STORE, type Fleet, type FleetPage, type FleetStore } from '../fleet.js';
import { RegistryAccess } from '../registry-access.js';

/** Lists the fleets of a registry by name, letters in the order of bytes. */
@Injectable()
export class ListFleets {
  constructor(
    private readonly access: RegistryAccess,
    @Inject(FLEET_STORE) private readonly fleets: FleetStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found' (registry), 'denied', 'unavailable' without Postgres */
  async execute(caller: Caller, { registry, ...page }: FleetPage & { readonly registry: string }): Promise<Fleet[]> {
    const by = await this.access.authorize(caller, { registry, action: 'fleets/read', resourceName: registry });
    return this.fleets.page(this.db, caller.account, { registryId: by.registry.id, ...page });
  }
}
