import { definitionChanged, definitionKey, type ScopeMapDefinition } from '@berth/contracts';
import { Outbox } from '@berth/messaging';
import { conditionsNarrow } from '@berth/policy-engine';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Authorized } from './registry-access.js';
import { Report } from './report.js';
import { ScopeMapStore, type ScopeMap } from './scope-map.js';
import { saysTheSame, type ScopeMapCondition } from './scope-map-content.js';

/** The content of a scope map: lines as `formatActionLine` writes them, each once. */
export interface ScopeMapContent {
  readonly description: string | null;
  readonly actions: readonly string[];
  /** None = the lines grant by themselves. */
  readonly conditions: readonly ScopeMapCondition[];
}

/**
 * Writes scope maps: row, audit entry and published definition in the caller's transaction, the definition last because it
 * holds the lock under which changes are numbered.
 */
@Injectable()
export class ScopeMapChanges {
  constructor(
    private readonly scopeMaps: ScopeMapStore,
    private readonly outbox: Outbox,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @returns null when somebody else has taken the name meanwhile; nothing is stored then */
  async create(tx: Transaction, by: Authorized, content: ScopeMapContent): Promise<ScopeMap | null> {
    const { registry, resourceName: name } = by;
    const changedAt = this.now();
    const map: ScopeMap = {
      kind: 'scope-map',
      id: uuidv7(),
      account: registry.account,
      registryId: registry.id,
      name,
      ...stored(content),
      version: await this.outbox.nextVersion(tx),
      status: 'active',
      createdAt: changedAt,
      changedAt,
    };
    if (!(await this.scopeMaps.insert(tx, map))) return null;
    await this.tell(tx, by, 'created', definitionOf(map));
    return map;
  }

  /** Gives a locked map another content; the same content changes nothing and tells nobody. */
  async update(
    tx: Transaction,
    by: Authorized,
    change: { before: ScopeMap; next: ScopeMapContent },
  ): Promise<ScopeMap> {
    const { before, next } = change;
    if (isSameContent(before, next)) return before;
    const version = await this.outbox.nextVersion(tx);
    const { kind, id, account, registryId, name, status, createdAt } = before;
    const kept = { kind, id, account, registryId, name, status, createdAt };
    const map: ScopeMap = { ...kept, ...stored(next), version, changedAt: this.now() };
    await this.scopeMaps.update(tx, map);
    await this.tell(tx, by, 'updated', definitionOf(map));
    return map;
  }

  /** Deletes a locked map; its last state says so to everybody who has a copy. */
  async delete(tx: Transaction, by: Authorized, map: ScopeMap): Promise<void> {
    await this.scopeMaps.delete(tx, map);
    const version = await this.outbox.nextVersion(tx);
    await this.tell(tx, by, 'deleted', { ...definitionOf(map), version, status: 'deleted', changedAt: this.now() });
  }

  private async tell(
    tx: Transaction,
    { holder, registry, action, decidedBy }: Authorized,
    event: 'created' | 'updated' | 'deleted',
    state: ScopeMapDefinition,
  ): Promise<void> {
    const thing = { registryId: registry.id, resource: definitionKey(state), resourceName: state.name };
    await this.report.changed(tx, event, { caller: holder.caller, action, ...thing, decidedBy });
    await this.outbox.publish(tx, definitionChanged, state);
  }

  private now(): string {
    return new Date(this.clock()).toISOString();
  }
}

/** What others are told of a map. */
export function definitionOf(map: ScopeMap): ScopeMapDefinition {
  const { kind, id, account, version, status, changedAt, registryId, name, description, actions, conditions } = map;
  const definition = { kind, id, account, version, status, changedAt, registryId, name, description, actions };
  return conditions === undefined ? definition : { ...definition, conditions };
}

/** Without conditions there is no such field. */
function stored({ description, actions, conditions }: ScopeMapContent) {
  const content = { description, actions: [...actions] };
  return conditions.length === 0 ? content : { ...content, conditions: [...conditions] };
}

function isSameContent(before: ScopeMap, next: ScopeMapContent): boolean {
  const { description, actions, conditions = [] } = before;
  if (description !== next.description || !saysTheSame(actions, next.actions)) return false;
  return conditions.length === next.conditions.length && !conditionsNarrow(conditions, next.conditions);
}
