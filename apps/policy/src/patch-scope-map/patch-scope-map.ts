import { formatActionLine, parseActionLine } from '@berth/access';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { ScopeMapChanges } from '../scope-map-changes.js';
import { checkConditions, parseActions, type ScopeMapPatch } from '../scope-map-content.js';
import { refuseSystemMap } from '../system-scope-map.js';
import { noSuchScopeMap, ScopeMapStore, type ScopeMap } from '../scope-map.js';

/** What is to become of a scope map, and of which. */
export interface PatchScopeMapRequest {
  readonly registry: string;
  readonly name: string;
  readonly patch: ScopeMapPatch;
}

/** Changes parts of a scope map; what is left out stays as it is. */
@Injectable()
export class PatchScopeMap {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapStore,
    private readonly changes: ScopeMapChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'malformed' naming the line that can't be one, 'not-found', 'denied' (may not write scope maps, or
   *   doesn't hold all that this one then gives), 'unavailable' without Postgres
   */
  async execute(caller: Caller, { registry, name, patch }: PatchScopeMapRequest): Promise<ScopeMap> {
    const by = await this.access.authorize(caller, { registry, action: 'scopeMaps/write', resourceName: name });
    refuseSystemMap(name);
    if (patch.actions !== undefined) await this.access.requireHeld(by, parseActions(patch.actions));
    return this.db.transaction(async (tx) => this.patch(tx, await this.access.againIn(tx, by), patch));
  }

  private async patch(
    tx: Transaction,
    by: Authorized,
    { description, actions, conditions }: ScopeMapPatch,
  ): Promise<ScopeMap> {
    const key = { registryId: by.registry.id, name: by.resourceName };
    const before = await this.scopeMaps.lock(tx, by.registry.account, key);
    if (before === null) throw noSuchScopeMap();
    // Also what stays is written by this caller, who must hold it.
    await this.access.requireHeld(
      by,
      actions === undefined ? before.actions.map(parseActionLine) : parseActions(actions),
    );
    const next = {
      description: description === undefined ? before.description : description,
      actions: actions === undefined ? before.actions : parseActions(actions).map(formatActionLine),
      conditions: conditions === undefined ? (before.conditions ?? []) : checkConditions(conditions),
    };
    return this.changes.update(tx, by, { before, next });
  }
}
