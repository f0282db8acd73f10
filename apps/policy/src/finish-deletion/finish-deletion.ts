import type { AccountEmptied, RegistryEmptied } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccountEnd } from './account-end.js';
import { NamespaceEnd } from './namespace-end.js';
import { RegistryEnd } from './registry-end.js';

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
   * Once or often, for whatever: what nobody deletes stays as it is.
   *
   * @throws AppError 'unavailable' without Postgres; what has been taken away so far is gone, and the next call goes on
   */
  async execute({ registryId, namespace }: RegistryEmptied): Promise<void> {
    if (namespace !== undefined) {
      await this.db.transaction((tx) => this.namespaceEnd.execute(tx, { registryId, name: namespace }));
      return;
    }
    while (await this.db.transaction((tx) => this.registryEnd.takeSome(tx, registryId)));
  }

  /** As {@link execute}. */
  async ofAccount({ accountId }: AccountEmptied): Promise<void> {
    while (await this.db.transaction((tx) => this.accountEnd.takeSome(tx, accountId)));
  }
}
