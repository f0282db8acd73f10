import type { Action } from '@berth/access';
import type { RoleAssignmentDefinition, RoleDefinitionDefinition } from '@berth/contracts';
import { roleOf } from '@berth/definitions';
import { builtInRoles } from '@berth/policy-engine';
import type { GrantWarning } from './grant-warning.js';

/** A role that can be assigned. */
export type AssignedRole =
  | { readonly kind: 'built-in'; readonly name: string; readonly actions: ReadonlySet<Action> }
  | {
      readonly kind: 'custom';
      readonly name: string;
      readonly actions: ReadonlySet<Action>;
      readonly role: RoleDefinitionDefinition;
    };

/** The built-in role of a name, or null. */
export function builtInRole(name: string): AssignedRole | null {
  const actions = builtInRoles.get(name);
  return actions === undefined ? null : { kind: 'built-in', name, actions };
}

/** A custom role as it can be assigned. */
export function customRole(role: RoleDefinitionDefinition): AssignedRole {
  return { kind: 'custom', name: role.name, actions: roleOf(role).actions, role };
}

/**
 * What the author of an assignment should know: rights over quarantine are meant for scanners.
 *
 * @source Azure Container Registry "Quarantine pattern": its roles go to vulnerability scanners, through service principals
 */
export function warningsOf(
  { principal }: Pick<RoleAssignmentDefinition, 'principal'>,
  { name, actions }: Pick<AssignedRole, 'name' | 'actions'>,
): GrantWarning[] {
  const isForPeople = principal.startsWith('user:') || principal.startsWith('group:');
  if (!isForPeople || !(actions.has('quarantine/read') || actions.has('quarantine/write'))) return [];
  const who = principal.startsWith('user:') ? 'a person' : 'a group, which may hold people';
  const message = `${name} is meant for vulnerability scanners, which are service IDs or workloads; this gives it to ${who}`;
  return [{ code: 'quarantine-role-for-people', message }];
}
