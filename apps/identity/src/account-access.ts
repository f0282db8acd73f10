import type { Action } from '@berth/access';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { decide, decisionContext, principalOf, type GrantRef, type Principal } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionsCopy } from './definitions-copy.js';
import { Report, type ManagementFacts } from './report.js';
import { unheldRight } from './unheld-rights.js';

/** A caller who may do something with the principals of an account. */
export interface AccountAuthorized {
  readonly caller: Caller;
  /** Where it is done: the caller's account, but for platform operators. */
  readonly account: string;
  readonly action: Action;
  /** The name of the thing that is read or changed. */
  readonly resourceName: string;
  /** What allowed it; null = it is the caller's own, or the caller is a platform operator. */
  readonly decidedBy: GrantRef | null;
}

/** What a caller wants to do in its account, to what. */
export type AccountAttempt = Pick<AccountAuthorized, 'action' | 'resourceName'>;

/** Decides what callers of the management API may do with principals, on the newest definitions that the schema holds. */
@Injectable()
export class AccountAccess {
  constructor(
    private readonly definitions: DefinitionsCopy,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError 'denied' (with an entry in the audit log) when the caller may not */
  async authorize(caller: Caller, { action, resourceName }: AccountAttempt): Promise<AccountAuthorized> {
    await this.definitions.refresh();
    const { account } = caller;
    const decision = decide(this.definitions.view, {
      principal: principalOf(caller),
      action,
      account,
      registryId: null,
      repository: null,
      context: decisionContext(this.clock(), caller.address),
    });
    const by = { caller, account, action, resourceName };
    if (decision.effect === 'allow') return { ...by, decidedBy: decision.by };
    await this.report.refused(accountFactsOf({ ...by, decidedBy: null }), decision.reason);
    throw new AppError({ kind: 'denied', code: decision.reason, message: decision.message });
  }

  /**
   * Nobody gives away what they don't have: every right of a principal must be the caller's now, before the caller may hand
   * out what it logs in with. The caller has been authorized.
   *
   * @throws AppError 'denied' (with an entry in the audit log) naming the first action that the caller doesn't hold
   */
  async requireHolds(by: AccountAuthorized, of: Principal): Promise<void> {
    const question = { holder: principalOf(by.caller), of, atMs: this.clock() };
    const lacking = unheldRight(this.definitions.grants, question);
    if (lacking === null) return;
    const { action, name } = lacking;
    await this.report.refused({ ...accountFactsOf(by), asked: `${action} of ${name}` }, 'not-held');
    const message = `you can't give what you don't hold: ${name} gives ${action}`;
    throw new AppError({ kind: 'denied', code: 'not-held', message, detail: { action } });
  }

  /** The mark of a platform operator is a right too. @throws AppError 'denied' (with an entry) for everybody else */
  async requireOperator(by: AccountAuthorized): Promise<void> {
    if (by.caller.operator) return;
    await this.report.refused(accountFactsOf(by), 'not-operator');
    throw new AppError({ kind: 'denied', code: 'not-operator', message: 'only a platform operator may do this' });
  }
}

/** Who is told to have done it, or to have tried. */
export function accountFactsOf({ caller, account, action, resourceName }: AccountAuthorized): ManagementFacts {
  const { address, userAgent, traceId } = caller;
  return {
    account,
    actor: { id: caller.ref, name: caller.name },
    origin: { address, userAgent, traceId },
    action,
    registryId: null,
    resourceName,
  };
}
