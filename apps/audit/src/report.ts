import { installation, type EntryDraft } from '@berth/contracts';
import { originOf, type Caller, type EntryOrigin, type RefusedToken } from '@berth/http';
import type { Spool } from '@berth/messaging';
import type { Logger, Metrics } from '@berth/telemetry';
import type { Clock } from '@berth/foundation';

export interface ReportOptions {
  readonly spool: Pick<Spool, 'append'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly instance: string;
}

type Refusal = Pick<EntryDraft, 'account' | 'actor' | 'action' | 'target' | 'reason'>;

/** What happens here, told once: entry of the audit log, log line and counter of each event together. */
export class Report {
  private readonly entries;
  private readonly repeated;
  private readonly refusals;

  constructor(private readonly options: ReportOptions) {
    const { metrics } = options;
    this.entries = metrics.counter({ name: 'berth_audit_entries_total', help: 'Entries appended to the log' });
    this.repeated = metrics.counter({
      name: 'berth_audit_repeated_total',
      help: 'Frames and events that had arrived before, and were left out',
    });
    this.refusals = metrics.counter({
      name: 'berth_management_calls_total',
      help: 'Changes made and refused',
      labels: ['event'],
    });
  }

  /** Entries are committed; `repeated` of what arrived was there already. */
  appended(entries: number, repeated: number): void {
    this.entries.inc(entries);
    this.repeated.inc(repeated);
  }

  /** A caller may not read the log. Resolves once the entry is on disk: only then may the refusal leave. */
  async readingRefused(caller: Caller, reason: string): Promise<void> {
    this.options.logger.info({ actor: caller.ref, action: 'audit/read', reason }, 'refused');
    await this.refused(caller, {
      account: caller.account,
      actor: { id: caller.ref, name: caller.name },
      action: 'audit/read',
      target: { resourceName: 'audit log' },
      reason,
    });
  }

  /** Somebody presented a management token that isn't good. Resolves once the entry is on disk. */
  async tokenRefused({ reason, ...origin }: RefusedToken): Promise<void> {
    this.options.logger.info({ reason }, 'a management token was refused');
    await this.refused(origin, {
      account: installation.accountId,
      actor: { id: null, name: 'unknown' },
      action: null,
      target: {},
      reason,
    });
  }

  private async refused(origin: EntryOrigin, facts: Refusal): Promise<void> {
    this.refusals.inc({ event: 'refused' });
    await this.options.spool.append({
      at: new Date(this.options.clock()).toISOString(),
      event: 'refused',
      ...facts,
      outcome: 'refused',
      ...originOf(origin),
      service: 'audit',
      instance: this.options.instance,
    });
  }
}
