import type { AccessPolicyDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database, type Queryable } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccessPolicyChanges, askedOf } from '../access-policy-changes.js';
import { whereOf } from '../access-policy-content.js';
import { AccessPolicyStore, noSuchPolicy, type AccessPolicyContent } from '../access-policy.js';
import type { Holder } from '../holder.js';
import { RegistryAccess, type AuthorizedAt } from '../registry-access.js';

/** Gives an access policy another content. */
@Injectable()
export class PutAccessPolicy {
  constructor(
    private readonly access: RegistryAccess,
    private readonly policies: AccessPolicyStore,
    private readonly changes: AccessPolicyChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found', 'denied' (with an entry in the audit log) unless the caller may write policies on what it
   *   was and will be about, 'malformed' with code `unknown-principal` for a subject that the account doesn't have,
   *   'unavailable' without Postgres or identity
   */
  async execute(caller: Caller, id: string, next: AccessPolicyContent): Promise<AccessPolicyDefinition> {
    const holder = await this.access.holderOf(caller, []);
    await this.authorize(this.db, holder, { id, next });
    await this.changes.requireSubject(caller.account, next.subject);
    return this.db.transaction(async (tx) => {
      // Again, as it may have been given another target meanwhile, and the caller less.
      const { by, before } = await this.authorize(tx, await this.access.holderAgain(tx, holder), { id, next });
      return this.changes.update(tx, by, { before, next });
    });
  }

  private async authorize(
    db: Queryable,
    holder: Holder,
    { id, next }: { readonly id: string; readonly next: AccessPolicyContent },
  ): Promise<{ by: AuthorizedAt; before: AccessPolicyDefinition }> {
    const before = await this.policies.find(db, holder.caller.account, id);
    if (before === null) throw noSuchPolicy();
    const by = await this.access.requireAt(holder, {
      action: 'accessPolicies/write',
      at: [whereOf(before), whereOf(next)],
      resourceName: next.subject,
      asked: askedOf(next),
    });
    return { by, before };
  }
}
