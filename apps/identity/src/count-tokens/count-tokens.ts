import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { TOKEN_STORE, type TokenStore } from '../repository-token.js';

/** Tells policy how many tokens have a scope map, before it deletes one. */
@Injectable()
export class CountTokens {
  constructor(
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'unavailable' without Postgres */
  execute(scopeMapId: string): Promise<number> {
    return this.tokens.countOfScopeMap(this.db, scopeMapId);
  }
}
