import type { Action } from '@berth/access';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { AccountAccess, type AccountAuthorized } from './account-access.js';
import { FEDERATION_STORE, noSuchFederation, type Federation, type FederationStore } from './federation.js';

/** Finds the rule of a call and decides whether its caller may. */
@Injectable()
export class KnownFederations {
  constructor(
    private readonly access: AccountAccess,
    @Inject(FEDERATION_STORE) private readonly federations: FederationStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'denied', 'not-found' (also of another account), 'unavailable' without Postgres */
  async at(
    caller: Caller,
    { id, action }: { readonly id: string; readonly action: Action },
  ): Promise<{ readonly by: AccountAuthorized; readonly federation: Federation }> {
    const federation = await this.federations.find(this.db, caller.account, id);
    const by = await this.access.authorize(caller, { action, resourceName: federation?.name ?? id });
    if (federation === null) throw noSuchFederation();
    return { by, federation };
  }
}
