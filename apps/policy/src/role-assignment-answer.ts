import { instant, uuid, version, type RoleAssignmentDefinition } from '@berth/contracts';
import type { DefinitionsView } from '@berth/definitions';
import { builtInRoles } from '@berth/policy-engine';
import { z } from 'zod';
import { grantWarning, type GrantWarning } from './grant-warning.js';
import { formatScopePath } from './scope-path.js';

/** A role assignment as it is answered. */
export const assignmentAnswer = z.strictObject({
  id: uuid,
  principal: z.string(),
  /** A role's name; of a custom role that is gone its id. */
  role: z.string(),
  /** null = a built-in role. */
  roleDefinition: uuid.nullable(),
  scope: z.string(),
  condition: z.strictObject({ repositories: z.array(z.string()) }).nullable(),
  version,
  changedAt: instant,
  warnings: z.array(grantWarning),
});

export type AssignmentAnswer = z.infer<typeof assignmentAnswer>;

/** What is needed to write an assignment for people. */
export interface ShownAssignment {
  readonly assignment: RoleAssignmentDefinition;
  /** Of its custom role, if it has one and that is still there. */
  readonly roleName: string | null;
  readonly warnings: readonly GrantWarning[];
}

/** What people may see of an assignment. */
export function answerOf(view: DefinitionsView, { assignment, roleName, warnings }: ShownAssignment): AssignmentAnswer {
  const { id, principal, role, scope, condition, version: number, changedAt } = assignment;
  return {
    ...{ id, principal, role: roleName ?? role },
    roleDefinition: builtInRoles.has(role) ? null : role,
    scope: formatScopePath(view, scope),
    condition: condition ?? null,
    ...{ version: number, changedAt, warnings: [...warnings] },
  };
}
