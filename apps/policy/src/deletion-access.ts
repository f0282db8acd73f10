import type { Action } from '@berth/access';
import type { NamespaceDefinition, RegistryDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { NamespaceStore, noSuchNamespace } from './namespace.js';
import { ProhibitionStore } from './prohibition.js';
import { RegistryAccess, type Authorized } from './registry-access.js';
import { RegistryStore } from './registry.js';

/** What a caller wants to do to something that may be on its way out. */
export interface DeletionAttempt {
  /** The registry's name. */
  readonly registry: string;
  /** null = the registry itself. */
  readonly namespace: string | null;
  readonly action: Action;
}

/** A caller who may do it, and whether the thing is being deleted. */
export interface DeletionAuthorized extends Authorized {
  readonly isDeleting: boolean;
  /** null = the registry itself. */
  readonly namespace: NamespaceDefinition | null;
}

/**
 * Decides about what its own deletion forbids to everybody: looking at a registry or namespace that is being deleted, and
 * deleting it again. Who could do so before, still can.
 */
@Injectable()
export class DeletionAccess {
  constructor(
    private readonly db: Database,
    private readonly access: RegistryAccess,
    private readonly registries: RegistryStore,
    private readonly namespaces: NamespaceStore,
    private readonly prohibitions: ProhibitionStore,
  ) {}

  /**
   * @throws AppError 'denied' (with an entry in the audit log), 'not-found' (registry, namespace) as
   *   {@link RegistryAccess.authorize}
   */
  async authorize(caller: Caller, { registry: name, namespace, action }: DeletionAttempt): Promise<DeletionAuthorized> {
    const registry = await this.registries.find(this.db, caller.account, name);
    const found = registry === null ? null : await this.find(registry, namespace);
    const id = namespace === null ? registry?.id : found?.id;
    const deletion = id === undefined ? null : await this.prohibitions.find(this.db, caller.account, id);
    const holder = await this.access.holderOf(caller, registry === null ? [] : [registry.id]);
    if (deletion !== null) holder.grants.upsert({ ...deletion, status: 'deleted' });
    const by = await this.access.requireIn(holder, registry, { action, resourceName: namespace ?? name, namespace });
    if (namespace !== null && found === null) throw noSuchNamespace();
    return { ...by, namespace: found, isDeleting: deletion !== null };
  }

  private async find({ id, account }: RegistryDefinition, name: string | null): Promise<NamespaceDefinition | null> {
    return name === null ? null : this.namespaces.find(this.db, account, { registryId: id, name });
  }
}
