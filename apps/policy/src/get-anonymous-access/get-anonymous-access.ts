import type { AnonymousAccessDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AnonymousAccessStore } from '../anonymous-access.js';
import { RegistryAccess } from '../registry-access.js';

/** What a registry opens to those without a credential. */
@Injectable()
export class GetAnonymousAccess {
  constructor(
    private readonly access: RegistryAccess,
    private readonly store: AnonymousAccessStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found' (registry), 'denied' (with an entry in the audit log), 'unavailable' without Postgres */
  async execute(caller: Caller, registry: string): Promise<AnonymousAccessDefinition | null> {
    const attempt = { registry, action: 'registries/read', resourceName: 'anonymous-access' } as const;
    const by = await this.access.authorize(caller, attempt);
    return this.store.find(this.db, by.registry.account, by.registry.id);
  }
}
