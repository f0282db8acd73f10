import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccessPolicyChanges } from '../access-policy-changes.js';
import { whereOf } from '../access-policy-content.js';
import { AccessPolicyStore, noSuchPolicy } from '../access-policy.js';
import { RegistryAccess } from '../registry-access.js';

/** Takes away what an access policy gave. */
@Injectable()
export class DeleteAccessPolicy {
  constructor(
    private readonly access: RegistryAccess,
    private readonly policies: AccessPolicyStore,
    private readonly changes: AccessPolicyChanges,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' without Postgres */
  async execute(caller: Caller, id: string): Promise<void> {
    const before = await this.access.holderOf(caller, []);
    await this.db.transaction(async (tx) => {
      const holder = await this.access.holderAgain(tx, before);
      const policy = await this.policies.find(tx, caller.account, id);
      if (policy === null) throw noSuchPolicy();
      const attempt = { action: 'accessPolicies/delete', at: [whereOf(policy)], resourceName: policy.subject } as const;
      await this.changes.delete(tx, await this.access.requireAt(holder, attempt), policy);
    });
  }
}
