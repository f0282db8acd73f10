import type { AccessPolicyDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccessPolicyChanges, askedOf } from '../access-policy-changes.js';
import { whereOf } from '../access-policy-content.js';
import type { AccessPolicyContent } from '../access-policy.js';
import { RegistryAccess } from '../registry-access.js';

/** Gives a subject roles on a target. Who may do this may give any role there, also one that they don't hold. */
@Injectable()
export class CreateAccessPolicy {
  constructor(
    private readonly access: RegistryAccess,
    private readonly changes: AccessPolicyChanges,
    private readonly db: Database,
  ) {}

  /**
   * @returns the one that is there when it says the same already
   * @throws AppError 'denied' (with an entry in the audit log) unless the caller may write policies on all of the target,
   *   'malformed' with code `unknown-principal` for a subject that the account doesn't have, 'unavailable' without Postgres or
   *   identity
   */
  async execute(
    caller: Caller,
    content: AccessPolicyContent,
  ): Promise<{ policy: AccessPolicyDefinition; isNew: boolean }> {
    const by = await this.access.authorizeAt(caller, {
      action: 'accessPolicies/write',
      at: [whereOf(content)],
      resourceName: content.subject,
      asked: askedOf(content),
    });
    await this.changes.requireSubject(caller.account, content.subject);
    return this.db.transaction(async (tx) => this.changes.create(tx, await this.access.again(tx, by), content));
  }
}
