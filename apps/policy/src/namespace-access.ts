import type { Action } from '@berth/access';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { RegistryAccess, type Authorized } from './registry-access.js';
import { RegistryStore } from './registry.js';

/** What a caller wants to do to one namespace, whether anybody made it known or not. */
export interface NamespaceAttempt {
  /** The registry's name. */
  readonly registry: string;
  readonly namespace: string;
  readonly action: Action;
}

/** Decides what callers may do to one namespace of a registry. */
@Injectable()
export class NamespaceAccess {
  constructor(
    private readonly db: Database,
    private readonly registries: RegistryStore,
    private readonly access: RegistryAccess,
  ) {}

  /**
   * @returns with the namespace's name as `resourceName`
   * @throws AppError 'denied' (with an entry in the audit log), 'not-found' (registry) as {@link RegistryAccess.authorize},
   *   'unavailable' without Postgres
   */
  async authorize(caller: Caller, { registry: name, namespace, action }: NamespaceAttempt): Promise<Authorized> {
    const registry = await this.registries.find(this.db, caller.account, name);
    const holder = await this.access.holderOf(caller, registry === null ? [] : [registry.id]);
    return this.access.requireIn(holder, registry, { action, resourceName: namespace, namespace });
  }

  /** As {@link RegistryAccess.againIn}. */
  async again(tx: Transaction, by: Authorized): Promise<Authorized> {
    return this.access.againIn(tx, by);
  }
}
