import { changeTopics, installation, type EntryDraft } from '@berth/contracts';
import { originOf, type Caller, type RefusedToken } from '@berth/http';
import type { Outbox, Spool } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import type { GrantRef } from '@berth/policy-engine';
import type { Logger, Metrics } from '@berth/telemetry';
import type { Clock } from '@berth/foundation';

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
    { decidedBy, ...attempt }: Attempt & { readonly decidedBy: GrantRef },
  ): Promise<void> {
    await this.options.outbox.record(tx, changeTopics.policy, {
      ...this.entry(attempt, event, 'allowed'),
      decidedBy: [{ ref: `${decidedBy.kind}:${decidedBy.id}`, version: decidedBy.version }],
    });
    tx.afterCommit(() => {
      this.calls.inc({ event });
      this.options.logger.info({ actor: attempt.caller.ref, resource: attempt.resource, event }, 'changed');
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
