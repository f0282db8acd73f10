import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';
import { noSuchToken, TOKEN_STORE, type TokenStore } from '../repository-token.js';
import { TokenChanges } from '../token-changes.js';

/** Deletes a token for good: its passwords end, and so do the access tokens that are out. */
@Injectable()
export class DeleteToken {
  constructor(
    private readonly access: RegistryAccess,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly changes: TokenChanges,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found' (registry, token), 'denied', 'unavailable' without Postgres */
  async execute(caller: Caller, { registry, name }: { registry: string; name: string }): Promise<void> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/delete', resourceName: name });
    await this.db.transaction(async (tx) => {
      const before = await this.tokens.lock(tx, caller.account, { registryId: by.registry.id, name });
      if (before === null) throw noSuchToken();
      await this.changes.delete(tx, by, before);
    });
  }
}
