import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { accountFactsOf, type AccountAuthorized } from './account-access.js';
import { raiseMinima } from './raise-minima.js';
import { Report } from './report.js';

/** One thing that was changed. */
export interface ChangedThing {
  readonly event: 'created' | 'updated' | 'deleted';
  /** `<kind>:<id>`. */
  readonly resource: string;
  /** What of it. */
  readonly asked?: string;
}

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

  /** As {@link raiseMinima}, now: the last step of a transaction. */
  async raise(
    tx: Transaction,
    { account, version }: { readonly account: string; readonly version: number },
    subjects: readonly string[],
  ): Promise<void> {
    await raiseMinima(this.outbox, tx, { subjects, account, version, atMs: this.clock() });
  }
}
