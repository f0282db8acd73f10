import { isAppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';
import { answerOf, type ScopeMapAnswer } from '../scope-map-answer.js';
import { noSuchScopeMap, ScopeMapStore } from '../scope-map.js';
import { systemMapsOf } from '../system-scope-map.js';
import { TokenCounts } from '../token-counts.js';

/** One scope map of a registry, its own or the system's, and how many tokens use it. */
@Injectable()
export class GetScopeMap {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapStore,
    private readonly tokens: TokenCounts,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' without Postgres */
  async execute(
    caller: Caller,
    registry: string,
    name: string,
  ): Promise<ScopeMapAnswer & { readonly tokens: number | null }> {
    const by = await this.access.authorize(caller, { registry, action: 'scopeMaps/read', resourceName: name });
    const { account, id: registryId } = by.registry;
    const own = systemMapsOf(registryId).find((each) => each.name === name);
    if (own !== undefined) return { ...own, tokens: await this.tokensOf(own.id) };
    const map = await this.scopeMaps.find(this.db, account, { registryId, name });
    if (map === null) throw noSuchScopeMap();
    return { ...answerOf(map), tokens: await this.tokensOf(map.id) };
  }

  /** A scope map must be readable while identity is down. */
  private async tokensOf(scopeMapId: string): Promise<number | null> {
    try {
      return await this.tokens.ofScopeMap(scopeMapId);
    } catch (e) {
      if (isAppError(e)) return null;
      throw e;
    }
  }
}
