import type { AccessPolicyDefinition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { isSamePolicy } from './access-policy-content.js';
import { AccessPolicyStore, type AccessPolicyContent } from './access-policy.js';
import { DefinitionChanges } from './definition-changes.js';
import { requireKnown } from './known-principal.js';
import { Principals } from './principals.js';
import type { AuthorizedAt } from './registry-access.js';

/** Writes access policies, of subjects that are there: row, audit entry and published definition, under the account's lock on grants. */
@Injectable()
export class AccessPolicyChanges {
  constructor(
    private readonly policies: AccessPolicyStore,
    private readonly changes: DefinitionChanges,
    private readonly principals: Principals,
  ) {}

  /** Before the transaction. @throws AppError 'malformed' `unknown-principal`, 'unavailable' without identity */
  async requireSubject(account: string, subject: string): Promise<void> {
    await requireKnown(this.principals, account, subject);
  }

  /** One that says the same is not made twice, so that deleting it takes away what it gives. */
  async create(
    tx: Transaction,
    by: AuthorizedAt,
    content: AccessPolicyContent,
  ): Promise<{ policy: AccessPolicyDefinition; isNew: boolean }> {
    const { account } = by.holder.caller;
    const same = await this.policies.same(tx, account, content);
    if (same !== null) return { policy: same, isNew: false };
    const stamp = await this.changes.stamp(tx, account);
    const policy: AccessPolicyDefinition = { kind: 'access-policy', ...stamp, ...content };
    await this.policies.insert(tx, policy);
    await this.changes.tell(tx, by, { event: 'created', state: policy, asked: askedOf(content) });
    return { policy, isNew: true };
  }

  /** The same content changes nothing and tells nobody. */
  async update(
    tx: Transaction,
    by: AuthorizedAt,
    change: { before: AccessPolicyDefinition; next: AccessPolicyContent },
  ): Promise<AccessPolicyDefinition> {
    const { before, next } = change;
    if (isSamePolicy(before, next)) return before;
    const policy: AccessPolicyDefinition = {
      ...before,
      ...next,
      ...(await this.changes.stamp(tx, before.account, before.id)),
    };
    await this.policies.update(tx, policy);
    await this.changes.tell(tx, by, { event: 'updated', state: policy, asked: askedOf(next) });
    return policy;
  }

  async delete(tx: Transaction, by: AuthorizedAt, policy: AccessPolicyDefinition): Promise<void> {
    await this.policies.delete(tx, policy);
    await this.changes.tellEnd(tx, by, { state: policy, asked: askedOf(policy) });
  }
}

/** For the audit log: who gets which roles, and on what. */
export function askedOf({ subject, roles, target }: AccessPolicyContent): string {
  const said = Object.entries(target).filter(([, value]) => value !== null && value !== false);
  return [`subject=${subject}`, `roles=${roles.join(',')}`, ...said.map(([key, value]) => `${key}=${value}`)].join(' ');
}
