import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';
import { noSuchToken, TOKEN_STORE, type RepositoryToken, type TokenStore } from '../repository-token.js';

/** Reads one token. */
@Injectable()
export class GetToken {
  constructor(
    private readonly access: RegistryAccess,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found' (registry, token), 'denied', 'unavailable' without Postgres */
  async execute(caller: Caller, { registry, name }: { registry: string; name: string }): Promise<RepositoryToken> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/read', resourceName: name });
    const token = await this.tokens.find(this.db, caller.account, { registryId: by.registry.id, name });
    if (token === null) throw noSuchToken();
    return token;
  }
}
