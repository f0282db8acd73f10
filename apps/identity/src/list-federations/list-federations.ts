import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { AccountAccess } from '../account-access.js';
import { FEDERATION_STORE, type Federation, type FederationStore } from '../federation.js';
import type { PrincipalPage } from '../user.js';

/** Lists the rules of the caller's account by name, letters in the order of bytes. */
@Injectable()
export class ListFederations {
  constructor(
    private readonly access: AccountAccess,
    @Inject(FEDERATION_STORE) private readonly federations: FederationStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'denied', 'unavailable' without Postgres */
  async execute(caller: Caller, page: PrincipalPage): Promise<Federation[]> {
    await this.access.authorize(caller, { action: 'federations/read', resourceName: 'federations' });
    return this.federations.page(this.db, caller.account, page);
  }
}
