import { definitionChanged, type Definition, type NamespaceDefinition } from '@berth/contracts';
import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { NamespaceRemains } from '../namespace-remains.js';
import type { NamespaceKey } from '../namespace.js';
import { EndedDeletions } from './ended-deletions.js';
import { EndingNamespaces } from './ending-namespaces.js';
import { roundSize } from './round-size.js';

/**
 * Takes away what names a namespace that is being deleted and in which no repository is left, and then the namespace. Its name
 * is free then.
 */
@Injectable()
export class NamespaceEnd {
  constructor(
    private readonly ending: EndingNamespaces,
    private readonly remains: NamespaceRemains,
    private readonly ended: EndedDeletions,
    private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @returns whether there is more to do, that nobody else is doing */
  async takeSome(tx: Transaction, key: NamespaceKey): Promise<boolean> {
    const namespace = await this.ending.lock(tx, key);
    if (namespace === null) return false;
    const changedAt = new Date(this.clock()).toISOString();
    const gone = await this.remains.deleteSome(tx, { ...key, limit: roundSize, changedAt });
    const hasMore = gone.length === roundSize;
    const last = hasMore ? [] : await this.end(tx, namespace);
    await this.outbox.publishAll(tx, definitionChanged, [...gone, ...last]);
    return hasMore;
  }

  private async end(tx: Transaction, namespace: NamespaceDefinition): Promise<Definition[]> {
    await this.ending.delete(tx, namespace);
    return this.ended.end(tx, namespace);
  }
}
