import {
  definitionChanged,
  definitionKey,
  type NamespaceDefinition,
  type ProhibitionDefinition,
  type RegistryDefinition,
} from '@berth/contracts';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { DefinitionChanges } from './definition-changes.js';
import { ProhibitionStore } from './prohibition.js';
import type { AuthorizedAt } from './registry-access.js';
import { Report } from './report.js';

/** What is deleted in a state of its own, because others own what is in it. */
export type Deletable = RegistryDefinition | NamespaceDefinition;

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
  async start(tx: Transaction, { holder, action, decidedBy }: AuthorizedAt, thing: Deletable): Promise<void> {
    const prohibition: ProhibitionDefinition = {
      kind: 'prohibition',
      ...(await this.changes.stamp(tx, thing.account, thing.id)),
      cause: 'deleting',
      scope: scopeOf(thing),
      actions: null,
      exceptFrom: [],
    };
    if (!(await this.prohibitions.insert(tx, prohibition))) return;
    const registryId = thing.kind === 'registry' ? thing.id : thing.registryId;
    const told = { registryId, resource: definitionKey(thing), resourceName: thing.name };
    await this.report.changed(tx, 'deleted', { caller: holder.caller, action, ...told, decidedBy });
    await this.outbox.publish(tx, definitionChanged, prohibition);
  }
}

function scopeOf(thing: Deletable): ProhibitionDefinition['scope'] {
  if (thing.kind === 'registry') return { kind: 'registry', registryId: thing.id };
  return { kind: 'namespace', registryId: thing.registryId, namespace: thing.name };
}
