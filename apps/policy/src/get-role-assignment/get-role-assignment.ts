import { scopeOf } from '@berth/definitions';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { targetOf } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { RegistryAccess } from '../registry-access.js';
import { answerOf, type AssignmentAnswer } from '../role-assignment-answer.js';
import { noSuchAssignment, RoleAssignmentStore } from '../role-assignment.js';
import { ShownAssignments } from '../shown-assignments.js';

/** One role assignment. */
@Injectable()
export class GetRoleAssignment {
  constructor(
    private readonly access: RegistryAccess,
    private readonly assignments: RoleAssignmentStore,
    private readonly shown: ShownAssignments,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' without Postgres */
  async execute(caller: Caller, id: string): Promise<AssignmentAnswer> {
    const assignment = await this.assignments.find(this.db, caller.account, id);
    if (assignment === null) throw noSuchAssignment();
    const holder = await this.access.holderOf(caller);
    const at = [targetOf(scopeOf(assignment.scope))];
    await this.access.requireAt(holder, { action: 'roleAssignments/read', at, resourceName: assignment.role });
    const [shown] = await this.shown.of(caller.account, [assignment]);
    if (shown === undefined) throw noSuchAssignment();
    return answerOf(holder.grants, shown);
  }
}
