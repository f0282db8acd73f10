import { changeTopics, definitionKey, installation, type EntryDraft } from '@berth/contracts';
import { originOf, type Caller, type RefusedToken } from '@berth/http';
import type { Outbox, Spool } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import type { GrantRef } from '@berth/policy-engine';
import type { Logger, Metrics } from '@berth/telemetry';
import type { Clock } from '@berth/foundation';
import { registryIdOf, type Deletable } from './deletable.js';

/** What somebody did or tried, to what. */
export interface Attempt {
  readonly caller: Caller;
  readonly action: string;
  /** Null for what concerns all registries. */
  readonly registryId: string | null;
  /** The name of the thing. */
  readonly resourceName: string;
  /** `<kind>:<id>`, where it has one. */
  readonly resource?: string;
  /** What was asked in the caller's words, where the action doesn't say it. */
  readonly asked?: string;
}

export interface ReportOptions {
  readonly spool: Pick<Spool, 'append'>;
  readonly outbox: Pick<Outbox, 'record'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly instance: string;
}

/** What happens here, told once: entry of the audit log, log line and counter of each business event together. */
export class Report {
  private readonly calls;

  constructor(private readonly options: ReportOptions) {
    this.calls = options.metrics.counter({
      name: 'berth_management_calls_total',
      help: 'Changes made and refused',
      labels: ['event'],
    });
  }

  /** Something managed here changed; told in the transaction of the change. */
  async changed(
    tx: Transaction,
    event: 'created' | 'updated' | 'deleted',
    { decidedBy, ...attempt }: Attempt & { /** Null for a platform operator. */ readonly decidedBy: GrantRef | null },
  ): Promise<void> {
    await this.options.outbox.record(tx, changeTopics.policy, {
      ...this.entry(attempt, event, 'allowed'),
      ...(decidedBy === null ? {} : { decidedBy: [referenceTo(decidedBy)] }),
    });
    tx.afterCommit(() => {
      this.calls.inc({ event });
      this.options.logger.info({ actor: attempt.caller.ref, resource: attempt.resource, event }, 'changed');
    });
  }

  /** Something whose deletion somebody began is gone, because nothing is left in it; told in that transaction. */
  async ended(tx: Transaction, thing: Deletable): Promise<void> {
    const { instance, outbox, logger } = this.options;
    const resource = definitionKey(thing);
    const registryId = registryIdOf(thing);
    await outbox.record(tx, changeTopics.policy, {
      at: new Date(this.options.clock()).toISOString(),
      // An account's end stands where its making stands: with the operators of the installation.
      account: thing.kind === 'account' ? installation.accountId : thing.account,
      event: 'deleted',
      actor: { id: null, name: 'policy' },
      action: null,
      target: { ...(registryId === null ? {} : { registryId }), resource, resourceName: thing.name },
      outcome: 'allowed',
      source: {},
      service: 'policy',
      instance,
    });
    tx.afterCommit(() => {
      this.calls.inc({ event: 'deleted' });
      logger.info({ resource }, 'a deletion has come to its end');
    });
  }

  /** A caller may not do what it asked for. Resolves once the entry is on disk: only then may the refusal leave. */
  async refused(attempt: Attempt, reason: string): Promise<void> {
    this.calls.inc({ event: 'refused' });
    this.options.logger.info({ actor: attempt.caller.ref, action: attempt.action, reason }, 'refused');
    await this.options.spool.append({ ...this.entry(attempt, 'refused', 'refused'), reason });
  }

  /** Somebody presented a management token that isn't good. Resolves once the entry is on disk. */
  async tokenRefused(refused: RefusedToken): Promise<void> {
    const { reason } = refused;
    this.calls.inc({ event: 'refused' });
    this.options.logger.info({ reason }, 'a management token was refused');
    await this.options.spool.append({
      at: new Date(this.options.clock()).toISOString(),
      account: installation.accountId,
      event: 'refused',
      actor: { id: null, name: 'unknown' },
      action: null,
      target: {},
      outcome: 'refused',
      reason,
      ...originOf(refused),
      service: 'policy',
      instance: this.options.instance,
    });
  }

  private entry(
    { caller, action, registryId, resource, resourceName, asked }: Attempt,
    event: EntryDraft['event'],
    outcome: EntryDraft['outcome'],
  ): EntryDraft {
    return {
      at: new Date(this.options.clock()).toISOString(),
      account: caller.account,
      event,
      actor: { id: caller.ref, name: caller.name },
      action,
      ...(asked === undefined ? {} : { asked }),
      target: {
        ...(registryId === null ? {} : { registryId }),
        ...(resource === undefined ? {} : { resource }),
        resourceName,
      },
      outcome,
      ...originOf(caller),
      service: 'policy',
      instance: this.options.instance,
    };
  }
}

function referenceTo({ kind, id, version }: GrantRef) {
  return { ref: `${kind}:${id}`, version };
}
