import type { RoleAssignmentDefinition } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { builtInRoles } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { builtInRole, customRole, warningsOf } from './assigned-role.js';
import type { ShownAssignment } from './role-assignment-answer.js';
import { RoleDefinitionStore } from './role-definition.js';

/** Adds to assignments what people read in them: the names of custom roles, and warnings. */
@Injectable()
export class ShownAssignments {
  constructor(
    private readonly roles: RoleDefinitionStore,
    private readonly db: Database,
  ) {}

  /** @returns one for each, in the same order */
  async of(account: string, assignments: readonly RoleAssignmentDefinition[]): Promise<ShownAssignment[]> {
    const ids = assignments.map(({ role }) => role).filter((role) => !builtInRoles.has(role));
    const found = ids.length === 0 ? [] : await this.roles.ofIds(this.db, account, [...new Set(ids)]);
    const custom = new Map(found.map((role) => [role.id, customRole(role)]));
    return assignments.map((assignment) => {
      const role = builtInRole(assignment.role) ?? custom.get(assignment.role) ?? null;
      if (role === null) return { assignment, roleName: null, warnings: [] };
      return { assignment, roleName: role.name, warnings: warningsOf(assignment, role) };
    });
  }
}
