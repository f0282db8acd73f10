import type { Action } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Queryable } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { MovingAccess } from './moving-access.js';
import { RegistryAccess, type Authorized } from './registry-access.js';
import { RegistryChanges, withContent } from './registry-changes.js';
import type { RegistryContent } from './registry-content.js';
import { noSuchRegistry, RegistryStore } from './registry.js';

/** What a registry is to become. */
export interface RegistryUpdateRequest {
  readonly registry: string;
  readonly next: RegistryContent;
}

/** Changes a registry that is there: its plan with `plan/write`, where it is and the rest with `registries/write`. */
@Injectable()
export class RegistryUpdate {
  constructor(
    private readonly access: RegistryAccess,
    private readonly moving: MovingAccess,
    private readonly registries: RegistryStore,
    private readonly changes: RegistryChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found', 'denied' (may not change it, or doesn't hold what others gain by a move; with an entry in
   *   the audit log), 'conflict' when somebody else changed it meanwhile, 'unavailable' without Postgres
   */
  async execute(caller: Caller, { registry, next }: RegistryUpdateRequest): Promise<RegistryDefinition> {
    const [action] = actionsFor(next);
    const by = await this.access.authorize(caller, { registry, action, resourceName: registry });
    await this.requireRest(this.db, by, next);
    return this.db.transaction(async (tx) => {
      const now = await this.access.againIn(tx, by);
      await this.requireRest(tx, now, next);
      const locked = await this.registries.lock(tx, by.registry.account, registry);
      if (locked === null) throw noSuchRegistry();
      // What was decided, was decided about the registry as it was then.
      if (locked.version !== by.registry.version) throw changedMeanwhile();
      return this.changes.update(tx, now, { before: locked, next });
    });
  }

  /** What a change needs beside its first action. */
  private async requireRest(db: Queryable, by: Authorized, next: RegistryContent): Promise<void> {
    const { at, holder, resourceName, registry: before } = by;
    const [, ...others] = actionsFor(next);
    for (const action of others) await this.access.requireAt(holder, { action, at, resourceName });
    const after = withContent(before, next);
    const isMoved = before.region !== after.region || before.resourceGroup !== after.resourceGroup;
    if (isMoved) await this.moving.requireHeld(db, by, { kind: 'registry', from: before, to: after });
  }
}

/** At least one, so that also who changes nothing must be allowed to. */
function actionsFor({ plan, ...place }: RegistryContent): [Action, ...Action[]] {
  const isPlaced = place.region !== undefined || place.resourceGroup !== undefined;
  if (plan === undefined) return ['registries/write'];
  return isPlaced ? ['registries/write', 'plan/write'] : ['plan/write'];
}

function changedMeanwhile(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'changed-meanwhile',
    message: 'somebody else changed this registry at the same time; try again',
  });
}
