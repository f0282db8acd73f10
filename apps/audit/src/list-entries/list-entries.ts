import type { EntryPage } from '@berth/contracts';
import { PolicyFollowing } from '@berth/definitions';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { decide, decisionContext, principalOf } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { EntryLog, type EntryFilter, type EntryPageRequest } from '../entry-log.js';
import { Report } from '../report.js';

/** Answers what has happened in the caller's account, oldest first. */
@Injectable()
export class ListEntries {
  constructor(
    private readonly policy: PolicyFollowing,
    private readonly log: EntryLog,
    private readonly db: Database,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param request filter: what is left out is not asked about; page: 1..1000 entries behind a sequence number
   * @returns `next`: the last sequence number of this page when there are more, else null
   * @throws AppError 'denied' (with an entry in the log) without `audit/read` on the account; 'unavailable' without Postgres,
   *   or before the definitions are known
   */
  async execute(
    caller: Caller,
    { filter, page }: { readonly filter: EntryFilter; readonly page: EntryPageRequest },
  ): Promise<EntryPage> {
    await this.authorize(caller);
    const more = { ...page, limit: page.limit + 1 };
    const found = await this.log.find(this.db, caller.account, { filter, page: more });
    const items = found.slice(0, page.limit);
    return { items, next: found.length > page.limit ? String(items.at(-1)?.seq ?? page.afterSeq) : null };
  }

  private async authorize(caller: Caller): Promise<void> {
    if (!this.policy.follower.isReady()) {
      throw new AppError({ kind: 'unavailable', message: 'the definitions are not known yet', retryAfterSeconds: 1 });
    }
    const decision = decide(this.policy.view, {
      principal: principalOf(caller),
      action: 'audit/read',
      account: caller.account,
      registryId: null,
      repository: null,
      context: decisionContext(this.clock(), caller.address),
    });
    if (decision.effect === 'allow') return;
    await this.report.readingRefused(caller, decision.reason);
    throw new AppError({ kind: 'denied', code: decision.reason, message: decision.message });
  }
}
