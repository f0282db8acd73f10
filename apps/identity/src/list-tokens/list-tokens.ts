import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';
import { TOKEN_STORE, type RepositoryToken, type TokenStore } from '../repository-token.js';

/** Which of a registry's tokens. */
export interface ListTokensRequest {
  readonly registry: string;
  /** The last name of the page before; null = from the first. */
  readonly after: string | null;
  /** Most tokens to read. */
  readonly limit: number;
}

/** Lists the tokens of a registry by name, letters in the order of bytes. */
@Injectable()
export class ListTokens {
  constructor(
    private readonly access: RegistryAccess,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found' (registry), 'denied', 'unavailable' without Postgres */
  async execute(caller: Caller, { registry, after, limit }: ListTokensRequest): Promise<RepositoryToken[]> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/read', resourceName: registry });
    return this.tokens.page(this.db, caller.account, { registryId: by.registry.id, after, limit });
  }
}
