import type { NamespaceDefinition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { GrantSource } from '../grant-source.js';
import { NamespaceStore, type NamespaceKey } from '../namespace.js';
import { RegistryStore } from '../registry.js';
import { EndedDeletions } from './ended-deletions.js';

/** The namespaces that are being deleted. */
@Injectable()
export class EndingNamespaces {
  constructor(
    private readonly registries: RegistryStore,
    private readonly namespaces: NamespaceStore,
    private readonly grants: GrantSource,
    private readonly ended: EndedDeletions,
  ) {}

  /**
   * Locks one, so that nobody gives anything in its account until the transaction ends.
   *
   * @returns null if nobody deletes it, or somebody else holds its registry
   */
  async lock(tx: Transaction, key: NamespaceKey): Promise<NamespaceDefinition | null> {
    const account = await this.registries.accountOf(tx, key.registryId);
    if (account === null) return null;
    // Before the row locks, as whoever gives something takes it.
    await this.grants.lock(tx, account);
    if ((await this.registries.lockInAnyAccountIfFree(tx, key.registryId)) === null) return null;
    const namespace = await this.namespaces.lock(tx, account, key);
    return namespace !== null && (await this.ended.isStarted(tx, namespace)) ? namespace : null;
  }

  /** Deletes one that is locked. */
  delete(tx: Transaction, namespace: NamespaceDefinition): Promise<void> {
    return this.namespaces.delete(tx, namespace);
  }
}
