import type { Action } from '@berth/access';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { principalRef } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { AccountAccess, type AccountAuthorized } from './account-access.js';
import { GROUP_STORE, type GroupStore } from './group.js';
import { noSuchServiceId, SERVICE_ID_STORE, type ApiKey, type ServiceId, type ServiceIdStore } from './service-id.js';
import type { PrincipalPage } from './user.js';

/** Which service ID somebody wants to change, and how that is called. */
export interface ServiceIdAttempt {
  readonly id: string;
  readonly action: Action;
}

/** Finds the service IDs of a call and decides whether its caller may. */
@Injectable()
export class KnownServiceIds {
  constructor(
    private readonly access: AccountAccess,
    @Inject(SERVICE_ID_STORE) private readonly services: ServiceIdStore,
    @Inject(GROUP_STORE) private readonly groups: GroupStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found', 'denied', 'unavailable' without Postgres */
  async read(caller: Caller, id: string): Promise<ServiceId> {
    await this.access.authorize(caller, { action: 'serviceIds/read', resourceName: id });
    const service = await this.services.find(this.db, caller.account, id);
    if (service === null) throw noSuchServiceId();
    return service;
  }

  /** By name. @throws AppError 'denied', 'unavailable' without Postgres */
  async page(caller: Caller, page: PrincipalPage): Promise<ServiceId[]> {
    await this.access.authorize(caller, { action: 'serviceIds/read', resourceName: 'service-ids' });
    return this.services.page(this.db, caller.account, page);
  }

  /** The API keys of one, without the keys themselves. @throws as {@link read} */
  async keys(caller: Caller, id: string): Promise<ApiKey[]> {
    return this.services.keys(this.db, await this.read(caller, id));
  }

  /** Changes one in one transaction, in which nobody else does. @throws as {@link read}, and what `change` throws */
  async change<Result>(
    caller: Caller,
    { id, action }: ServiceIdAttempt,
    change: (tx: Transaction, by: AccountAuthorized, before: ServiceId) => Promise<Result>,
  ): Promise<Result> {
    const by = await this.access.authorize(caller, { action, resourceName: id });
    return this.db.transaction(async (tx) => {
      const before = await this.services.lock(tx, caller.account, id);
      if (before === null) throw noSuchServiceId();
      return change(tx, { ...by, resourceName: before.name }, before);
    });
  }

  /**
   * Whoever gives somebody the means to act as a service ID must hold all that it holds.
   *
   * @throws AppError 'denied' (with an entry in the audit log)
   */
  async requireHolds(tx: Transaction, by: AccountAuthorized, { id, account }: ServiceId): Promise<void> {
    const groups = await this.groups.groupsOf(tx, { kind: 'service', id });
    await this.access.requireHolds(by, { ref: principalRef('service', id), account, groups, scopeMapId: null });
  }
}
