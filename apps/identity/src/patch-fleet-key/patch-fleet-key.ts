import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { noSuchKey, type FleetKey } from '../fleet.js';
import { FleetChanges } from '../fleet-changes.js';
import { KnownFleets, type FleetAttempt } from '../known-fleets.js';
import { RegistryAccess } from '../registry-access.js';
import { ScopeMapChoice } from '../scope-map-choice.js';

/** Disables a key of a fleet, with the passwords derived from it, or enables it again. */
@Injectable()
export class PatchFleetKey {
  constructor(
    private readonly fleets: KnownFleets,
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
    private readonly changes: FleetChanges,
  ) {}

  /**
   * @throws AppError 'not-found' (registry, fleet, key), 'denied' (may not write fleets, or would enable what they don't
   *   hold), 'unavailable' without Postgres
   */
  async execute(caller: Caller, address: FleetAttempt, key: Pick<FleetKey, 'id' | 'status'>): Promise<void> {
    const attempt = { registry: address.registry, name: address.name, action: 'fleets/write' } as const;
    await this.fleets.change(caller, attempt, async (tx, by, before) => {
      const known = before.keys.find(({ id }) => id === key.id);
      if (known === undefined) throw noSuchKey();
      if (known.status === key.status) return;
      if (key.status === 'enabled') await this.access.requireHeld(by, this.scopeMaps.of(before));
      await this.changes.setKeyStatus(tx, by, { before, key });
    });
  }
}
