import { definitionChanged, type Definition, type RegistryDefinition } from '@berth/contracts';
import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { RegistryRemains } from '../registry-remains.js';
import { RegistryStore } from '../registry.js';
import { EndedDeletions } from './ended-deletions.js';
import { roundSize } from './round-size.js';

/** For how long nobody gets the name of a deleted registry: whoever still uses it must not meet somebody else there. */
const heldBackMs = 90 * 24 * 3_600_000;

/** Takes away what policy holds of a registry that is being deleted, and then the registry. */
@Injectable()
export class RegistryEnd {
  constructor(
    private readonly registries: RegistryStore,
    private readonly remains: RegistryRemains,
    private readonly ended: EndedDeletions,
    private readonly outbox: Outbox,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @returns whether there is more to do, that nobody else is doing */
  async takeSome(tx: Transaction, registryId: string): Promise<boolean> {
    const registry = await this.registries.lockInAnyAccountIfFree(tx, registryId);
    if (registry === null || !(await this.ended.isStarted(tx, registry))) return false;
    const changedAt = new Date(this.clock()).toISOString();
    const gone = await this.remains.deleteSome(tx, { registryId, limit: roundSize, changedAt });
    const hasMore = gone.length === roundSize;
    const last = hasMore ? [] : await this.end(tx, registry);
    await this.outbox.publishAll(tx, definitionChanged, [...gone, ...last]);
    return hasMore;
  }

  private async end(tx: Transaction, registry: RegistryDefinition): Promise<Definition[]> {
    await this.registries.delete(tx, registry, new Date(this.clock() + heldBackMs));
    return this.ended.end(tx, registry);
  }
}
