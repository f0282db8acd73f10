import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccountAccess } from '../account-access.js';
import { nameTaken } from '../principal-address.js';
import type { ServiceId } from '../service-id.js';
import { ServiceIdChanges } from '../service-id-changes.js';

/** Creates a service ID, which holds nothing until somebody gives it something, and logs in once it has an API key. */
@Injectable()
export class CreateServiceId {
  constructor(
    private readonly access: AccountAccess,
    private readonly changes: ServiceIdChanges,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'denied', 'conflict' when the name is taken, 'unavailable' without Postgres */
  async execute(caller: Caller, name: string): Promise<ServiceId> {
    const by = await this.access.authorize(caller, { action: 'serviceIds/write', resourceName: name });
    const service = await this.db.transaction((tx) => this.changes.create(tx, by, name));
    if (service === null) throw nameTaken(name);
    return service;
  }
}
