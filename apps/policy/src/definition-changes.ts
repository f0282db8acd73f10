import { definitionChanged, definitionKey, type Definition } from '@berth/contracts';
import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { AuthorizedAt } from './registry-access.js';
import { Report } from './report.js';

/** What the state of any definition begins with. */
export interface Stamp {
  readonly id: string;
  readonly account: string;
  readonly version: number;
  readonly status: 'active';
  readonly changedAt: string;
}

/** A change that is told. */
export interface DefinitionChange {
  readonly event: 'created' | 'updated' | 'deleted';
  readonly state: Definition;
  /** What was asked in the caller's words, for the audit log; at most 2,000 characters are kept. */
  readonly asked?: string;
}

/** Tells of changes of definitions: audit entry and published state, in the transaction of the row. */
@Injectable()
export class DefinitionChanges {
  constructor(
    private readonly outbox: Outbox,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** A version of its own, as of now; after the row lock. Without an id for something new. */
  async stamp(tx: Transaction, account: string, id: string = uuidv7()): Promise<Stamp> {
    const changedAt = new Date(this.clock()).toISOString();
    return { id, account, version: await this.outbox.nextVersion(tx), status: 'active', changedAt };
  }

  /** Last in the transaction: the published state takes the lock under which changes are numbered. */
  async tell(tx: Transaction, by: AuthorizedAt, { event, state, asked }: DefinitionChange): Promise<void> {
    const { holder, action, resourceName, decidedBy } = by;
    await this.report.changed(tx, event, {
      caller: holder.caller,
      action,
      registryId: registryIdOf(state),
      resource: definitionKey(state),
      resourceName: resourceName.slice(0, 300),
      ...(asked === undefined ? {} : { asked: asked.slice(0, 2000) }),
      decidedBy,
    });
    await this.outbox.publish(tx, definitionChanged, state);
  }

  /** As {@link tell}, of the end of something: its last state says so to everybody who has a copy. */
  async tellEnd(tx: Transaction, by: AuthorizedAt, { state, asked }: Omit<DefinitionChange, 'event'>): Promise<void> {
    const { version, changedAt } = await this.stamp(tx, state.account, state.id);
    const last: Definition = { ...state, version, changedAt, status: 'deleted' };
    await this.tell(tx, by, { event: 'deleted', state: last, ...(asked === undefined ? {} : { asked }) });
  }
}

function registryIdOf(state: Definition): string | null {
  if (state.kind === 'registry') return state.id;
  if ('registryId' in state) return state.registryId;
  return 'scope' in state && 'registryId' in state.scope ? state.scope.registryId : null;
}
