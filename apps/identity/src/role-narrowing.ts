import type { RoleDefinitionDefinition } from '@berth/contracts';
import { indexRoleDefinition } from '@berth/policy-engine';

/**
 * Whether a custom role gives fewer actions than before, or may be assigned in fewer places: an assignment outside of them
 * gives nothing. The same in other words is not less.
 *
 * @throws AppError 'malformed' when an action of either can't be read
 */
export function narrowsRole(before: RoleDefinitionDefinition, after: RoleDefinitionDefinition): boolean {
  const left = actionsOf(after);
  if ([...actionsOf(before)].some((action) => !left.has(action))) return true;
  const scopes = new Set(after.assignableScopes.map((scope) => JSON.stringify(scope)));
  return before.assignableScopes.some((scope) => !scopes.has(JSON.stringify(scope)));
}

/** Where it may be assigned has no part in what it gives. */
function actionsOf(role: RoleDefinitionDefinition) {
  return indexRoleDefinition({ ...role, assignableScopes: [] }).actions;
}
