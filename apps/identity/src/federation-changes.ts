import { AppError } from '@berth/errors';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { AccountAuthorized } from './account-access.js';
import {
  FEDERATION_STORE,
  noSuchFederation,
  type Federation,
  type FederationRule,
  type FederationStore,
  type Workload,
} from './federation.js';
import { PrincipalChanges } from './principal-changes.js';

/** A rule that is to be made; `workload` is locked, or null where the rule brings a new one. */
export interface NewFederation {
  readonly rule: FederationRule;
  readonly workload: Workload | null;
}

/**
 * Every change of a rule, and what it means for the tokens that are out. Each is one step of a transaction.
 *
 * | Change | subject whose minimum rises |
 * |---|---|
 * | created | none |
 * | deleted | `workload:<id>`, also where other rules lead to it: it logs in by those again |
 *
 * @source architecture "Versions, minima, incarnations"
 */
@Injectable()
export class FederationChanges {
  constructor(
    @Inject(FEDERATION_STORE) private readonly federations: FederationStore,
    private readonly changes: PrincipalChanges,
  ) {}

  /** @throws AppError 'conflict' with code `name-taken` or `same-rule` */
  async create(tx: Transaction, by: AccountAuthorized, { rule, workload }: NewFederation): Promise<Federation> {
    const { account, resourceName: name } = by;
    const leadsTo = workload ?? (await this.newWorkload(tx, account, name));
    const createdAtMs = this.changes.clock();
    const federation: Federation = { ...rule, id: uuidv7(), account, name, workloadId: leadsTo.id, createdAtMs };
    const taken = await this.federations.insert(tx, federation);
    if (taken !== null) throw conflict(taken, name);
    const asked = `${rule.issuer} as workload:${leadsTo.id}`;
    await this.changes.tell(tx, by, { event: 'created', resource: refOf(federation), asked });
    return federation;
  }

  /** @throws AppError 'not-found' when somebody else was faster */
  async delete(tx: Transaction, by: AccountAuthorized, before: Federation): Promise<void> {
    const { account, workloadId } = before;
    const workload = await this.federations.lockWorkload(tx, account, workloadId);
    if (workload === null || !(await this.federations.delete(tx, before))) throw noSuchFederation();
    const version = await this.changes.nextVersion(tx);
    await this.federations.settleWorkload(tx, { ...workload, version });
    await this.changes.tell(tx, by, { event: 'deleted', resource: refOf(before) });
    await this.changes.raise(tx, { account, version }, [`workload:${workloadId}`]);
  }

  private async newWorkload(tx: Transaction, account: string, name: string): Promise<Workload> {
    const version = await this.changes.nextVersion(tx);
    const workload = { id: uuidv7(), account, name, version, createdAtMs: this.changes.clock() };
    await this.federations.insertWorkload(tx, workload);
    return workload;
  }
}

function refOf({ id }: Federation): string {
  return `federation:${id}`;
}

function conflict(taken: 'name-taken' | 'same-rule', name: string): AppError {
  const message =
    taken === 'name-taken' ? `there is a federation ${name} already` : 'there is a federation for the same already';
  return new AppError({ kind: 'conflict', code: taken, message });
}
