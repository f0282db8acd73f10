import type { RepositoryPattern } from '@berth/access';
import type { PrincipalRef } from './principal.js';

/** Where an assignment holds: a whole account, one registry of it, or repositories of one registry. */
export type AssignmentScope =
  | { readonly kind: 'account' }
  | { readonly kind: 'registry'; readonly registryId: string }
  | { readonly kind: 'repository'; readonly registryId: string; readonly pattern: RepositoryPattern };

/** A role given to a principal or group within a scope. */
export interface RoleAssignment {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  /** From a sequence that is never reset. */
  readonly version: number;
  readonly status: 'active' | 'deleted';
  readonly principal: PrincipalRef;
  /** A role's name in {@link builtInRoles}; an unknown name grants nothing. */
  readonly role: string;
  readonly scope: AssignmentScope;
}
