import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';
import { mergedPage } from '../merged-page.js';
import { answerOf, type ScopeMapAnswer } from '../scope-map-answer.js';
import { ScopeMapStore } from '../scope-map.js';
import { systemMapsOf } from '../system-scope-map.js';

/** Which page of a registry's scope maps. */
export interface ListScopeMapsRequest {
  readonly registry: string;
  /** The last name of the page before; null = the first page. */
  readonly after: string | null;
  /** 1..1000. */
  readonly limit: number;
}

/** Lists the scope maps of a registry, the system's among them, by name. */
@Injectable()
export class ListScopeMaps {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapStore,
    private readonly db: Database,
  ) {}

  /**
   * @returns at most `limit + 1` maps: one more than the page says that there is another page
   * @throws AppError 'not-found' (registry), 'denied' (with an entry in the audit log), 'unavailable' without Postgres
   */
  async execute(caller: Caller, { registry, after, limit }: ListScopeMapsRequest): Promise<ScopeMapAnswer[]> {
    const by = await this.access.authorize(caller, { registry, action: 'scopeMaps/read', resourceName: registry });
    const page = { registryId: by.registry.id, after, limit: limit + 1 };
    const stored = await this.scopeMaps.page(this.db, by.registry.account, page);
    return mergedPage(systemMapsOf(by.registry.id), stored.map(answerOf), page);
  }
}
