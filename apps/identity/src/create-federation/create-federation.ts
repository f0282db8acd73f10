import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { principalRef } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { AccountAccess, type AccountAuthorized } from '../account-access.js';
import { FederationChanges } from '../federation-changes.js';
import {
  FEDERATION_STORE,
  maxFederations,
  type Federation,
  type FederationRule,
  type FederationStore,
  type Workload,
} from '../federation.js';
import { TrustableIssuers } from './trustable-issuers.js';

/** A rule that somebody wants. */
export interface FederationWish {
  readonly name: string;
  readonly rule: FederationRule;
  /** The workload that it is to lead to; null = a new one. */
  readonly workloadId: string | null;
}

/**
 * Trusts tokens of another issuer: whoever brings one that says all that the rule asks for is the workload. A new workload
 * may do nothing until it is given roles; a rule for one that is there gives away what it holds, which must be the caller's.
 */
@Injectable()
export class CreateFederation {
  constructor(
    private readonly access: AccountAccess,
    private readonly issuers: TrustableIssuers,
    @Inject(FEDERATION_STORE) private readonly federations: FederationStore,
    private readonly changes: FederationChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'denied' (may not write federations, or doesn't hold all that the workload holds), 'malformed' with code
   *   `address-not-allowed`, `unknown-audience` or `unknown-principal`, 'conflict' (name, same rule, too many),
   *   'unavailable' without Postgres
   */
  async execute(caller: Caller, { name, rule, workloadId }: FederationWish): Promise<Federation> {
    const by = await this.access.authorize(caller, { action: 'federations/write', resourceName: name });
    this.issuers.require(by.account, rule);
    return this.db.transaction(async (tx) => {
      await this.federations.lockMaking(tx, by.account);
      if ((await this.federations.count(tx, by.account)) >= maxFederations) throw tooMany();
      const workload = workloadId === null ? null : await this.known(tx, by, workloadId);
      return this.changes.create(tx, by, { rule, workload });
    });
  }

  private async known(tx: Transaction, by: AccountAuthorized, id: string): Promise<Workload> {
    const workload = await this.federations.lockWorkload(tx, by.account, id);
    if (workload === null) {
      const message = `there is no workload:${id}`;
      throw new AppError({ kind: 'malformed', code: 'unknown-principal', message });
    }
    const principal = { ref: principalRef('workload', id), account: by.account, groups: [], scopeMapId: null };
    await this.access.requireHolds(by, principal);
    return workload;
  }
}

function tooMany(): AppError {
  const message = `an account has at most ${maxFederations} federations: delete one that nothing uses`;
  return new AppError({ kind: 'conflict', code: 'too-many-federations', message });
}
