import type { AccessPolicyDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { whereOf } from '../access-policy-content.js';
import { AccessPolicyStore, noSuchPolicy } from '../access-policy.js';
import { RegistryAccess } from '../registry-access.js';

/** One access policy. */
@Injectable()
export class GetAccessPolicy {
  constructor(
    private readonly access: RegistryAccess,
    private readonly policies: AccessPolicyStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' without Postgres */
  async execute(caller: Caller, id: string): Promise<AccessPolicyDefinition> {
    const policy = await this.policies.find(this.db, caller.account, id);
    if (policy === null) throw noSuchPolicy();
    const attempt = { action: 'accessPolicies/read', at: [whereOf(policy)], resourceName: policy.subject } as const;
    await this.access.authorizeAt(caller, attempt);
    return policy;
  }
}
