import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { DeletionAccess } from '../deletion-access.js';
import { Deletions } from '../deletions.js';
import { NamespaceStore, noSuchNamespace } from '../namespace.js';

/** Which namespace of which registry. */
export interface DeleteNamespaceRequest {
  readonly registry: string;
  readonly name: string;
}

/**
 * Deletes a namespace with all repositories in it: they refuse everything at once, then the registry service removes them,
 * and at last the namespace itself goes. Its name is free after that.
 */
@Injectable()
export class DeleteNamespace {
  constructor(
    private readonly access: DeletionAccess,
    private readonly namespaces: NamespaceStore,
    private readonly deletions: Deletions,
    private readonly db: Database,
  ) {}

  /** Once or often. @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' without Postgres */
  async execute(caller: Caller, { registry, name }: DeleteNamespaceRequest): Promise<void> {
    const by = await this.access.authorize(caller, { registry, namespace: name, action: 'namespaces/delete' });
    if (by.isDeleting) return;
    await this.db.transaction(async (tx) => {
      const namespace = await this.namespaces.lock(tx, caller.account, { registryId: by.registry.id, name });
      if (namespace === null || namespace.id !== by.namespace?.id) throw noSuchNamespace();
      await this.deletions.start(tx, { ...by, caller }, namespace);
    });
  }
}
