import type { Action } from '@berth/access';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import type { RemovedBatch } from '../account-remains.js';
import { Report, type Decider } from '../report.js';

/** An account that is deleted, and the definition that says so. */
export interface EndingAccount {
  readonly id: string;
  readonly decidedBy: Decider;
}

const actions: Readonly<Record<RemovedBatch['kind'], Action>> = {
  federation: 'federations/delete',
  // A workload is made and deleted with its federations.
  workload: 'federations/delete',
  service: 'serviceIds/delete',
  group: 'groups/delete',
  user: 'users/delete',
};

const nouns: Readonly<Record<RemovedBatch['kind'], string>> = {
  federation: 'federations',
  workload: 'workloads',
  service: 'service IDs',
  group: 'groups',
  user: 'users',
};

/** Tells of who is deleted with their account. Nobody asked for it: the deletion itself acts, by policy's definition. */
@Injectable()
export class AccountRemainsReport {
  constructor(private readonly report: Report) {}

  /** One entry for a batch, in the account that goes: its entries stay. */
  async removed(tx: Transaction, { id: account, decidedBy }: EndingAccount, batch: RemovedBatch): Promise<void> {
    const { kind, removed } = batch;
    const [first, last] = [removed[0], removed.at(-1)];
    await this.report.changed(tx, 'deleted', {
      account,
      actor: { id: null, name: 'deletion' },
      origin: { address: null, userAgent: null, traceId: null },
      registryId: null,
      action: actions[kind],
      resource: `${kind}-deletion:${first?.id}`,
      resourceName: account,
      asked: `${removed.length} ${nouns[kind]} deleted with their account, ${first?.name} to ${last?.name}`.slice(
        0,
        2000,
      ),
      decidedBy,
    });
  }
}
