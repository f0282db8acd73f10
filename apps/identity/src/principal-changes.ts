import { minimumRaised } from '@berth/contracts';
import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { accountFactsOf, type AccountAuthorized } from './account-access.js';
import { Report } from './report.js';

/** One thing that was changed. */
export interface ChangedThing {
  readonly event: 'created' | 'updated' | 'deleted';
  /** `<kind>:<id>`. */
  readonly resource: string;
  /** What of it. */
  readonly asked?: string;
}

/** Minima in one statement. */
const perStatement = 1000;

/** What every change of a principal does besides its rows: a version, an entry in the audit log, minima. */
@Injectable()
export class PrincipalChanges {
  constructor(
    private readonly outbox: Outbox,
    private readonly report: Report,
    @Inject(CLOCK) readonly clock: Clock,
  ) {}

  nextVersion(tx: Transaction): Promise<number> {
    return this.outbox.nextVersion(tx);
  }

  async tell(tx: Transaction, by: AccountAuthorized, thing: ChangedThing): Promise<void> {
    await this.report.changed(tx, thing.event, {
      ...accountFactsOf(by),
      decidedBy: by.decidedBy,
      resource: thing.resource,
      ...(thing.asked === undefined ? {} : { asked: thing.asked }),
    });
  }

  /**
   * Refuses, from now on, every token that was decided from these subjects at a lower version. The last step of a
   * transaction, because publishing holds a lock until the commit.
   */
  async raise(
    tx: Transaction,
    { account, version }: { readonly account: string; readonly version: number },
    subjects: readonly string[],
  ): Promise<void> {
    const raisedAt = new Date(this.clock()).toISOString();
    const minima = subjects.map((subject) => ({ subject, account, version, raisedAt }));
    for (let at = 0; at < minima.length; at += perStatement) {
      await this.outbox.publishAll(tx, minimumRaised, minima.slice(at, at + perStatement));
    }
  }
}
