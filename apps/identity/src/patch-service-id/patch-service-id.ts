import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { KnownServiceIds } from '../known-service-ids.js';
import type { ServiceId } from '../service-id.js';
import { ServiceIdChanges } from '../service-id-changes.js';

/** Disables a service ID with all its keys, or enables it again. */
@Injectable()
export class PatchServiceId {
  constructor(
    private readonly services: KnownServiceIds,
    private readonly changes: ServiceIdChanges,
  ) {}

  /**
   * @throws AppError 'not-found', 'denied' (may not write service IDs, or would enable one that holds more than they do),
   *   'unavailable' without Postgres
   */
  async execute(caller: Caller, id: string, status: ServiceId['status']): Promise<ServiceId> {
    return this.services.change(caller, { id, action: 'serviceIds/write' }, async (tx, by, before) => {
      const isEnabled = before.status === 'disabled' && status === 'enabled';
      if (isEnabled) await this.services.requireHolds(tx, by, before);
      return this.changes.setStatus(tx, by, { before, status });
    });
  }
}
