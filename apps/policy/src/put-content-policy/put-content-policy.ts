import { isDeepStrictEqual } from 'node:util';
import type { ContentPoliciesDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import {
  contentPolicyActions,
  ContentPolicyStore,
  nothingDecided,
  type ContentPolicies,
  type ContentPolicy,
} from '../content-policies.js';
import { DefinitionChanges } from '../definition-changes.js';
import { RegistryAccess } from '../registry-access.js';

/** Which part of a registry's content policies, and all that it is to say. */
export interface PutContentPolicyRequest<Part extends ContentPolicy> {
  /** The registry's name. */
  readonly registry: string;
  readonly part: Part;
  readonly value: ContentPolicies[Part];
  /** The same in the caller's words, for the audit log. */
  readonly asked: string;
}

/** Decides one part of what holds for the contents of a registry; the others stay. */
@Injectable()
export class PutContentPolicy {
  constructor(
    private readonly access: RegistryAccess,
    private readonly store: ContentPolicyStore,
    private readonly changes: DefinitionChanges,
    private readonly db: Database,
  ) {}

  /**
   * @returns all of them; null = nothing was ever decided, and nothing is now
   * @throws AppError 'not-found' (registry), 'denied' (with an entry in the audit log), 'unavailable' without Postgres
   */
  async execute<Part extends ContentPolicy>(
    caller: Caller,
    { registry, part, value, asked }: PutContentPolicyRequest<Part>,
  ): Promise<ContentPoliciesDefinition | null> {
    const attempt = { registry, action: contentPolicyActions[part].write, resourceName: part };
    const first = await this.access.authorize(caller, attempt);
    const { account, id } = first.registry;
    return this.db.transaction(async (tx) => {
      const by = await this.access.againIn(tx, first);
      const before = await this.store.find(tx, account, id);
      const { quarantine, immutability, quota } = before ?? nothingDecided;
      const parts: ContentPolicies = { quarantine, immutability, quota };
      if (isDeepStrictEqual(parts[part], value)) return before;
      const stamp = await this.changes.stamp(tx, account, id);
      const next: ContentPoliciesDefinition = {
        ...{ kind: 'content-policies', ...stamp, registryId: id },
        ...{ ...parts, [part]: value },
      };
      await this.store.put(tx, next);
      await this.changes.tell(tx, by, { event: before === null ? 'created' : 'updated', state: next, asked });
      return next;
    });
  }
}
