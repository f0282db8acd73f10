import type { ContentPoliciesDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { contentPolicyActions, ContentPolicyStore, type ContentPolicy } from '../content-policies.js';
import { RegistryAccess } from '../registry-access.js';

/** What is decided about the contents of a registry. */
@Injectable()
export class GetContentPolicy {
  constructor(
    private readonly access: RegistryAccess,
    private readonly store: ContentPolicyStore,
    private readonly db: Database,
  ) {}

  /**
   * @param wanted the registry by its name, and the part that the caller shall see
   * @returns all parts; null = nothing was ever decided
   * @throws AppError 'not-found' (registry), 'denied' (with an entry in the audit log), 'unavailable' without Postgres
   */
  async execute(
    caller: Caller,
    { registry, part }: { readonly registry: string; readonly part: ContentPolicy },
  ): Promise<ContentPoliciesDefinition | null> {
    const attempt = { registry, action: contentPolicyActions[part].read, resourceName: part };
    const by = await this.access.authorize(caller, attempt);
    return this.store.find(this.db, by.registry.account, by.registry.id);
  }
}
