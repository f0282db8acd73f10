import type { Action } from '@berth/access';
import { AppError } from '@berth/errors';
import type { Queryable } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { DecisionWorld } from './decision-world.js';
import { gainedBy, type Moved } from './gained-by-moving.js';
import { decideAt, type Where } from './holder.js';
import type { Authorized } from './registry-access.js';
import { Report } from './report.js';

/** Whoever moves a registry or namespace gives something to those who hold grants where it comes. */
@Injectable()
export class MovingAccess {
  constructor(
    private readonly world: DecisionWorld,
    private readonly report: Report,
  ) {}

  /**
   * Requires that the caller holds, on the thing as it is now, all that anybody gains by the move.
   *
   * @throws AppError 'denied' `not-held` (with an entry in the audit log) naming the first action that the caller lacks
   */
  async requireHeld(
    db: Queryable,
    { holder, registry, action, resourceName }: Authorized,
    moved: Moved,
  ): Promise<void> {
    const { caller, atMs } = holder;
    const gained = gainedBy(moved, { ...(await this.world.whole(db, registry.account)), atMs });
    const lacking = [...gained].find((each) => decideAt(holder, each, whereOf(moved)).effect === 'deny');
    if (lacking === undefined) return;
    await this.report.refused({ caller, action, registryId: registry.id, resourceName, asked: lacking }, 'not-held');
    throw notHeld(lacking);
  }
}

function whereOf(moved: Moved): Where {
  if (moved.kind === 'registry') return { registryId: moved.from.id, repository: null };
  return { registryId: moved.registry.id, repository: null, namespace: moved.to.name };
}

function notHeld(action: Action): AppError {
  return new AppError({
    kind: 'denied',
    code: 'not-held',
    message: `others would gain ${action} there, and you can't give what you don't hold`,
    detail: { action },
  });
}
