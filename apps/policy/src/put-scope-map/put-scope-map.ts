import { formatActionLine } from '@berth/access';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { ScopeMapChanges, type ScopeMapContent } from '../scope-map-changes.js';
import { checkConditions, parseActions, type WholeScopeMap } from '../scope-map-content.js';
import { ScopeMapStore, type ScopeMap } from '../scope-map.js';

/** What a scope map is to be, and where. */
export interface PutScopeMapRequest {
  readonly registry: string;
  readonly name: string;
  readonly content: WholeScopeMap;
}

/** Creates a scope map, or gives the one of that name its content. The same request twice changes nothing more. */
@Injectable()
export class PutScopeMap {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapStore,
    private readonly changes: ScopeMapChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'malformed' naming the line that can't be one, 'not-found' (registry), 'denied' (may not write scope
   *   maps, or doesn't hold all that this one gives), 'unavailable' without Postgres
   */
  async execute(
    caller: Caller,
    { registry, name, content }: PutScopeMapRequest,
  ): Promise<{ map: ScopeMap; isNew: boolean }> {
    const by = await this.access.authorize(caller, { registry, action: 'scopeMaps/write', resourceName: name });
    const lines = parseActions(content.actions);
    await this.access.requireHeld(by, lines);
    const conditions = checkConditions(content.conditions);
    const next = { description: content.description, actions: lines.map(formatActionLine), conditions };
    return this.db.transaction(async (tx) => {
      const now = await this.access.againIn(tx, by);
      await this.access.requireHeld(now, lines);
      return this.put(tx, now, next);
    });
  }

  private async put(
    tx: Transaction,
    by: Authorized,
    next: ScopeMapContent,
  ): Promise<{ map: ScopeMap; isNew: boolean }> {
    const key = { registryId: by.registry.id, name: by.resourceName };
    const before = await this.scopeMaps.lock(tx, by.registry.account, key);
    if (before !== null) return { map: await this.changes.update(tx, by, { before, next }), isNew: false };
    const created = await this.changes.create(tx, by, next);
    if (created !== null) return { map: created, isNew: true };
    // Somebody else created it between the two statements: theirs is the one to change.
    return this.put(tx, by, next);
  }
}
