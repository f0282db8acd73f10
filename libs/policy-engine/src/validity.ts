import type { PrincipalRef } from './principal.js';
import type { RoleAssignment } from './role-assignment.js';
import type { ScopeMap } from './scope-map.js';

/** Whether a scope map counts in a registry at all, whatever its lines say. */
export function isValidIn(
  map: ScopeMap,
  place: { readonly account: string; readonly registryId: string | null },
): boolean {
  return map.status === 'active' && map.account === place.account && map.registryId === place.registryId;
}

/** Whether an assignment counts for this principal or group in an account, whatever its role and scope. */
export function isHeldBy(
  { status, account, principal }: RoleAssignment,
  holder: { readonly ref: PrincipalRef; readonly account: string },
): boolean {
  return status === 'active' && account === holder.account && principal === holder.ref;
}
