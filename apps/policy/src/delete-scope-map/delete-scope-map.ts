import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { ScopeMapChanges } from '../scope-map-changes.js';
import { noSuchScopeMap, ScopeMapStore } from '../scope-map.js';
import { refuseSystemMap } from '../system-scope-map.js';
import { TokenCounts } from '../token-counts.js';

/** Which scope map, and whether its tokens may be left without any right. */
export interface DeleteScopeMapRequest {
  readonly registry: string;
  readonly name: string;
  readonly force: boolean;
}

/** Deletes a scope map that no token uses, or any with `force`: its tokens then open nothing until they get another. */
@Injectable()
export class DeleteScopeMap {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapStore,
    private readonly changes: ScopeMapChanges,
    private readonly tokens: TokenCounts,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'conflict' `scope-map-in-use` with the number
   *   of tokens, 'unavailable' without Postgres, or without identity unless forced
   */
  async execute(caller: Caller, { registry, name, force }: DeleteScopeMapRequest): Promise<void> {
    const by = await this.access.authorize(caller, { registry, action: 'scopeMaps/delete', resourceName: name });
    refuseSystemMap(name);
    const key = { registryId: by.registry.id, name };
    const map = await this.scopeMaps.find(this.db, by.registry.account, key);
    if (map === null) throw noSuchScopeMap();
    if (!force) await this.requireUnused(map.id);
    await this.db.transaction(async (tx) => this.delete(tx, await this.access.againIn(tx, by), map.id));
  }

  private async requireUnused(scopeMapId: string): Promise<void> {
    const tokens = await this.tokens.ofScopeMap(scopeMapId);
    if (tokens === 0) return;
    throw new AppError({
      kind: 'conflict',
      code: 'scope-map-in-use',
      message: `${tokens} ${tokens === 1 ? 'token uses' : 'tokens use'} this scope map; add ?force=true to take all rights from them`,
      detail: { tokens },
    });
  }

  /** Only the map that was asked about: one that got the name since may be in use. */
  private async delete(tx: Transaction, by: Authorized, id: string): Promise<void> {
    const key = { registryId: by.registry.id, name: by.resourceName };
    const map = await this.scopeMaps.lock(tx, by.registry.account, key);
    if (map === null || map.id !== id) throw noSuchScopeMap();
    await this.changes.delete(tx, by, map);
  }
}
