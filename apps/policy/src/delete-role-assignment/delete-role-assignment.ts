import type { RoleAssignmentDefinition } from '@berth/contracts';
import { scopeOf } from '@berth/definitions';
import type { Caller } from '@berth/http';
import { Database, type Queryable } from '@berth/persistence';
import { targetOf } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import type { Holder } from '../holder.js';
import { RegistryAccess, type AuthorizedAt } from '../registry-access.js';
import { RoleAssignmentChanges } from '../role-assignment-changes.js';
import { noSuchAssignment, RoleAssignmentStore } from '../role-assignment.js';

/** Takes a role away from a principal, but not the last Owner from an account. */
@Injectable()
export class DeleteRoleAssignment {
  constructor(
    private readonly access: RegistryAccess,
    private readonly assignments: RoleAssignmentStore,
    private readonly changes: RoleAssignmentChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'conflict' `last-owner`, 'unavailable' without
   *   Postgres, or for an Owner's without identity
   */
  async execute(caller: Caller, id: string): Promise<void> {
    const holder = await this.access.holderOf(caller);
    const { assignment: known } = await this.authorize(this.db, holder, id);
    const others = await this.changes.otherOwners(this.db, known);
    await this.db.transaction(async (tx) => {
      const { by, assignment } = await this.authorize(tx, await this.access.holderAgain(tx, holder), id);
      await this.changes.delete(tx, by, { assignment, others });
    });
  }

  private async authorize(
    db: Queryable,
    holder: Holder,
    id: string,
  ): Promise<{ by: AuthorizedAt; assignment: RoleAssignmentDefinition }> {
    const assignment = await this.assignments.find(db, holder.caller.account, id);
    if (assignment === null) throw noSuchAssignment();
    const at = [targetOf(scopeOf(assignment.scope))];
    const attempt = { action: 'roleAssignments/delete', at, resourceName: assignment.role } as const;
    return { by: await this.access.requireAt(holder, attempt), assignment };
  }
}
