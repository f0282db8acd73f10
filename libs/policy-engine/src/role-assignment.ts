import type { RepositoryPattern } from '@berth/access';
import type { PrincipalRef } from './principal.js';

/** Where an assignment holds; a scope contains all that lies below it. */
export type AssignmentScope =
  | { readonly kind: 'account' }
  /** Its registries with all that is in them, and namespaces of other registries that belong to it. */
  | { readonly kind: 'resource-group'; readonly resourceGroup: string }
  | { readonly kind: 'registry'; readonly registryId: string }
  | { readonly kind: 'namespace'; readonly registryId: string; readonly namespace: string }
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
  /** A built-in role's name or a role definition's id; an unknown one grants nothing. */
  readonly role: string;
  readonly scope: AssignmentScope;
  /** Only on these repositories of the scope, and nothing but what is done at one repository; at least one. */
  readonly condition?: { readonly repositories: readonly RepositoryPattern[] };
}
