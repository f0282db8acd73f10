import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';
import { noSuchScopeMap, ScopeMapStore, type ScopeMap } from '../scope-map.js';

/** One scope map of a registry. */
@Injectable()
export class GetScopeMap {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' without Postgres */
  async execute(caller: Caller, registry: string, name: string): Promise<ScopeMap> {
    const by = await this.access.authorize(caller, { registry, action: 'scopeMaps/read', resourceName: name });
    const map = await this.scopeMaps.find(this.db, by.registry.account, { registryId: by.registry.id, name });
    if (map === null) throw noSuchScopeMap();
    return map;
  }
}
