import { definitionChanged } from '@berth/contracts';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { NamespaceStore, type NamespaceKey } from '../namespace.js';
import { RegistryStore } from '../registry.js';
import { EndedDeletions } from './ended-deletions.js';

/** Takes away a namespace that is being deleted and in which no repository is left. Its name is free then. */
@Injectable()
export class NamespaceEnd {
  constructor(
    private readonly registries: RegistryStore,
    private readonly namespaces: NamespaceStore,
    private readonly ended: EndedDeletions,
    private readonly outbox: Outbox,
  ) {}

  async execute(tx: Transaction, key: NamespaceKey): Promise<void> {
    const registry = await this.registries.lockInAnyAccount(tx, key.registryId);
    const namespace = registry === null ? null : await this.namespaces.lock(tx, registry.account, key);
    if (namespace === null || !(await this.ended.isStarted(tx, namespace))) return;
    await this.namespaces.delete(tx, namespace);
    await this.outbox.publishAll(tx, definitionChanged, await this.ended.end(tx, namespace));
  }
}
