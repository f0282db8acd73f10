import type { RepositoryPattern } from '@berth/access';
import type { AnonymousAccessDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AnonymousAccessStore } from '../anonymous-access.js';
import { DefinitionChanges } from '../definition-changes.js';
import { RegistryAccess } from '../registry-access.js';

/** Which registry, and what it is to open; nothing = off. */
export interface PutAnonymousAccessRequest {
  readonly registry: string;
  readonly repositories: readonly RepositoryPattern[];
}

/** Says which repositories of a registry may be pulled without a credential. */
@Injectable()
export class PutAnonymousAccess {
  constructor(
    private readonly access: RegistryAccess,
    private readonly store: AnonymousAccessStore,
    private readonly changes: DefinitionChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found' (registry), 'denied' (with an entry in the audit log) unless the caller may change the
   *   registry's policies and pull all that is opened, 'unavailable' without Postgres
   */
  async execute(caller: Caller, request: PutAnonymousAccessRequest): Promise<AnonymousAccessDefinition | null> {
    const attempt = { action: 'policies/write', resourceName: 'anonymous-access' } as const;
    const first = await this.access.authorize(caller, { registry: request.registry, ...attempt });
    const repositories = [...new Set(request.repositories)];
    const opened = repositories.map((pattern) => ({ pattern, action: 'content/read' }) as const);
    await this.access.requireHeld(first, opened);
    const { account, id } = first.registry;
    return this.db.transaction(async (tx) => {
      const by = await this.access.againIn(tx, first);
      await this.access.requireHeld(by, opened);
      const before = await this.store.find(tx, account, id);
      if (saysTheSame(before?.repositories ?? [], repositories)) return before;
      const stamp = await this.changes.stamp(tx, account, id);
      const next: AnonymousAccessDefinition = { kind: 'anonymous-access', ...stamp, registryId: id, repositories };
      await this.store.put(tx, next);
      const event = before === null ? 'created' : 'updated';
      await this.changes.tell(tx, by, { event, state: next, asked: `repositories=${repositories.join(' ')}` });
      return next;
    });
  }
}

function saysTheSame(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && after.every((pattern) => before.includes(pattern));
}
