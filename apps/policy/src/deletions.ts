import { definitionChanged, definitionKey, type ProhibitionDefinition } from '@berth/contracts';
import { assertNever } from '@berth/errors';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import type { GrantRef } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { registryIdOf, type Deletable } from './deletable.js';
import { DefinitionChanges } from './definition-changes.js';
import { ProhibitionStore } from './prohibition.js';
import { Report, type Attempt } from './report.js';

/** Who deletes something. */
export interface Deleting extends Pick<Attempt, 'caller' | 'action'> {
  /** What allowed it; null = the caller is a platform operator. */
  readonly decidedBy: GrantRef | null;
}

/**
 * The beginning of a deletion: a prohibition with the id of the thing, which every service hears of and refuses everything
 * by. The definition stays until the thing is empty.
 */
@Injectable()
export class Deletions {
  constructor(
    private readonly prohibitions: ProhibitionStore,
    private readonly changes: DefinitionChanges,
    private readonly outbox: Outbox,
    private readonly report: Report,
  ) {}

  /** Shuts a locked thing for everybody, from now on. Once it is shut, nothing more is stored or told. */
  async start(tx: Transaction, { caller, action, decidedBy }: Deleting, thing: Deletable): Promise<void> {
    const prohibition: ProhibitionDefinition = {
      kind: 'prohibition',
      ...(await this.changes.stamp(tx, thing.account, thing.id)),
      cause: 'deleting',
      scope: scopeOf(thing),
      actions: null,
      exceptFrom: [],
    };
    if (!(await this.prohibitions.insert(tx, prohibition))) return;
    const told = { registryId: registryIdOf(thing), resource: definitionKey(thing), resourceName: thing.name };
    await this.report.changed(tx, 'deleted', { caller, action, ...told, decidedBy });
    await this.outbox.publish(tx, definitionChanged, prohibition);
  }
}

function scopeOf(thing: Deletable): ProhibitionDefinition['scope'] {
  switch (thing.kind) {
    case 'account':
      return { kind: 'account' };
    case 'registry':
      return { kind: 'registry', registryId: thing.id };
    case 'namespace':
      return { kind: 'namespace', registryId: thing.registryId, namespace: thing.name };
    default:
      return assertNever(thing);
  }
}
