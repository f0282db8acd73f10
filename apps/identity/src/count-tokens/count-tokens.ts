import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { FLEET_STORE, type FleetStore } from '../fleet.js';
import { TOKEN_STORE, type TokenStore } from '../repository-token.js';

/** Tells policy how many tokens and fleets have a scope map, before it deletes one. */
@Injectable()
export class CountTokens {
  constructor(
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    @Inject(FLEET_STORE) private readonly fleets: FleetStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'unavailable' without Postgres */
  async execute(scopeMapId: string): Promise<number> {
    const tokens = await this.tokens.countOfScopeMap(this.db, scopeMapId);
    return tokens + (await this.fleets.countOfScopeMap(this.db, scopeMapId));
  }
}
