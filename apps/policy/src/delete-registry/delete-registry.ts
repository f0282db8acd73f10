import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { DeletionAccess } from '../deletion-access.js';
import { Deletions } from '../deletions.js';
import { noSuchRegistry, RegistryStore } from '../registry.js';

/**
 * Deletes a registry with all that is in it: it refuses everything at once, then each service removes its part, and at last
 * the registry itself goes. Its name is held back after that.
 */
@Injectable()
export class DeleteRegistry {
  constructor(
    private readonly access: DeletionAccess,
    private readonly registries: RegistryStore,
    private readonly deletions: Deletions,
    private readonly db: Database,
  ) {}

  /** Once or often. @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' without Postgres */
  async execute(caller: Caller, name: string): Promise<void> {
    const by = await this.access.authorize(caller, { registry: name, namespace: null, action: 'registries/delete' });
    if (by.isDeleting) return;
    await this.db.transaction(async (tx) => {
      const registry = await this.registries.lock(tx, caller.account, name);
      if (registry === null || registry.id !== by.registry.id) throw noSuchRegistry();
      await this.deletions.start(tx, { ...by, caller }, registry);
    });
  }
}
