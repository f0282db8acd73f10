import type { AccessPolicyDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { whereOf } from '../access-policy-content.js';
import { AccessPolicyStore, type AccessPolicyPage } from '../access-policy.js';
import { decideAt, holdsAnywhere, wholeAccount } from '../holder.js';
import { RegistryAccess } from '../registry-access.js';

const action = 'accessPolicies/read';

/** Rows in one statement: who sees little of much is answered with few of them. */
const looksAt = 1001;

/** Lists the access policies that the caller may see, the oldest first. */
@Injectable()
export class ListAccessPolicies {
  constructor(
    private readonly access: RegistryAccess,
    private readonly policies: AccessPolicyStore,
    private readonly db: Database,
  ) {}

  /**
   * @param page limit: 1..1000
   * @returns at most `limit + 1` policies: one more than the page says that there is another page
   * @throws AppError 'denied' (with an entry in the audit log) when the caller may see policies nowhere, 'unavailable'
   *   without Postgres
   */
  async execute(caller: Caller, page: AccessPolicyPage): Promise<AccessPolicyDefinition[]> {
    const holder = await this.access.holderOf(caller, []);
    if (!holdsAnywhere(holder, action)) {
      await this.access.requireAt(holder, { action, at: [wholeAccount], resourceName: 'access-policies' });
    }
    const limit = page.limit + 1;
    const visible: AccessPolicyDefinition[] = [];
    let { after } = page;
    for (;;) {
      const found = await this.policies.page(this.db, caller.account, { ...page, after, limit: looksAt });
      visible.push(...found.filter((policy) => decideAt(holder, action, whereOf(policy)).effect === 'allow'));
      after = found.at(-1)?.id ?? null;
      if (visible.length >= limit || found.length < looksAt) return visible.slice(0, limit);
    }
  }
}
