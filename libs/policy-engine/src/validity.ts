import type { PrincipalRef } from './principal.js';
import type { ScopeMap } from './scope-map.js';

/** Whether a scope map counts in a registry at all, whatever its lines say. */
export function isValidIn(
  map: ScopeMap,
  place: { readonly account: string; readonly registryId: string | null },
): boolean {
  return map.status === 'active' && map.account === place.account && map.registryId === place.registryId;
}

/** What of a definition says whether it counts. */
export interface Lived {
  readonly status: 'active' | 'deleted';
  readonly account: string;
}

/** Whether a definition counts in an account, whatever it says. */
export function isActiveIn({ status, account: owner }: Lived, account: string): boolean {
  return status === 'active' && owner === account;
}

/** Whether an assignment or policy counts for this principal or group in an account, whatever its role and scope. */
export function isHeldBy(
  grant: Lived & { readonly principal: PrincipalRef },
  holder: { readonly ref: PrincipalRef; readonly account: string },
): boolean {
  return grant.status === 'active' && grant.account === holder.account && grant.principal === holder.ref;
}
