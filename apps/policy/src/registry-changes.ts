import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { CLOCK, type Clock } from '@berth/foundation';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionChanges } from './definition-changes.js';
import type { Authorized, AuthorizedAt } from './registry-access.js';
import type { RegistryContent } from './registry-content.js';
import { RegistryStore } from './registry.js';

/** Writes registries: row, audit entry and published definition in the caller's transaction, the definition last. */
@Injectable()
export class RegistryChanges {
  constructor(
    private readonly registries: RegistryStore,
    private readonly changes: DefinitionChanges,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @returns null when the name is taken; nothing is stored then
   * @throws AppError 'conflict' `name-held-back` for the name of a registry that was deleted
   */
  async create(
    tx: Transaction,
    by: AuthorizedAt,
    { region = null, resourceGroup = null, plan = 'standard' }: RegistryContent,
  ): Promise<RegistryDefinition | null> {
    const { resourceName: name, holder } = by;
    const stamp = await this.changes.stamp(tx, holder.caller.account);
    const registry: RegistryDefinition = { kind: 'registry', ...stamp, name, region, resourceGroup, plan };
    if (!(await this.registries.insert(tx, registry))) return null;
    // After the insert, which waits for a deletion under way: that holds the name back in its own transaction.
    const heldUntil = await this.registries.heldUntil(tx, name, new Date(this.clock()));
    if (heldUntil !== null) throw heldBack(heldUntil);
    await this.changes.tell(tx, by, { event: 'created', state: registry, asked: askedOf(registry) });
    return registry;
  }

  /** Gives a locked registry other properties; the same change nothing and tell nobody. */
  async update(
    tx: Transaction,
    by: Authorized,
    { before, next }: { readonly before: RegistryDefinition; readonly next: RegistryContent },
  ): Promise<RegistryDefinition> {
    const after = withContent(before, next);
    if (askedOf(before) === askedOf(after)) return before;
    const registry = { ...after, ...(await this.changes.stamp(tx, before.account, before.id)) };
    await this.registries.update(tx, registry);
    await this.changes.tell(tx, by, { event: 'updated', state: registry, asked: askedOf(registry) });
    return registry;
  }
}

/** A registry with what is said of it; what is left out stays. */
export function withContent(
  before: RegistryDefinition,
  { region, resourceGroup, plan }: RegistryContent,
): RegistryDefinition {
  return {
    ...before,
    ...(region === undefined ? {} : { region }),
    ...(resourceGroup === undefined ? {} : { resourceGroup }),
    ...(plan === undefined ? {} : { plan }),
  };
}

function askedOf({ region, resourceGroup, plan }: RegistryDefinition): string {
  return `region=${region ?? ''} resourceGroup=${resourceGroup ?? ''} plan=${plan}`;
}

function heldBack(until: Date): AppError {
  const heldUntil = until.toISOString();
  return new AppError({
    kind: 'conflict',
    code: 'name-held-back',
    message: `a registry of this name was deleted; the name is held back until ${heldUntil}`,
    detail: { heldUntil },
  });
}
