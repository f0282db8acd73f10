import type { AccountEmptied, RegistryEmptied } from '@berth/contracts';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccountEnd } from './account-end.js';
import { NamespaceEnd } from './namespace-end.js';
import { RegistryEnd } from './registry-end.js';

/** Transactions of one call: who calls waits for a second, and calls again until there is nothing left to say. */
const maxBatches = 4;

/**
 * Ends the deletion of a registry or namespace of which the registry service holds nothing any more, or of an account of which
 * identity holds nothing: policy takes away what it holds itself, some at a time, and at last the thing.
 */
@Injectable()
export class FinishDeletion {
  constructor(
    private readonly db: Database,
    private readonly registryEnd: RegistryEnd,
    private readonly namespaceEnd: NamespaceEnd,
    private readonly accountEnd: AccountEnd,
  ) {}

  /**
   * Once or often, for whatever: what nobody deletes stays as it is, and what another call is taking away is left to it. Much
   * takes several calls.
   *
   * @throws AppError 'unavailable' without Postgres; what has been taken away so far is gone, and the next call goes on
   */
  async execute({ registryId, namespace }: RegistryEmptied): Promise<void> {
    if (namespace === undefined) await this.inBatches((tx) => this.registryEnd.takeSome(tx, registryId));
    else await this.inBatches((tx) => this.namespaceEnd.takeSome(tx, { registryId, name: namespace }));
  }

  /** As {@link execute}. */
  async ofAccount({ accountId }: AccountEmptied): Promise<void> {
    await this.inBatches((tx) => this.accountEnd.takeSome(tx, accountId));
  }

  private async inBatches(takeSome: (tx: Transaction) => Promise<boolean>): Promise<void> {
    for (let batch = 0; batch < maxBatches; batch += 1) {
      if (!(await this.db.transaction(takeSome))) return;
    }
  }
}
