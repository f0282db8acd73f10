import type { Action, RepositoryPattern } from '@berth/access';
import type { Principal, PrincipalRef } from './principal.js';
import type { RoleAssignment } from './role-assignment.js';
import type { ScopeMap } from './scope-map.js';

/** The definitions that decisions are made from: a service's own copy, read without waiting. */
export interface DefinitionsView {
  /** null = never heard of. A deleted one may be returned with its status, or be null. */
  scopeMap(id: string): ScopeMap | null;
  /** All assignments of exactly this principal or group, in a stable order; never undefined. */
  roleAssignmentsOf(ref: PrincipalRef): readonly RoleAssignment[];
}

/** What is asked. */
export interface DecisionRequest {
  readonly principal: Principal;
  readonly action: Action;
  /** Id of the account that owns the thing acted on. */
  readonly account: string;
  /** null = the account itself, or everything in it. */
  readonly registryId: string | null;
  /** null = the whole registry (or account). A pattern is granted only as a whole. */
  readonly repository: RepositoryPattern | null;
}

/** The definition that allowed something; goes into a token's `ver` claim and into the audit log. */
export interface GrantRef {
  readonly kind: 'scope-map' | 'role-assignment';
  readonly id: string;
  readonly version: number;
}

/** Why not, as a code. */
export type DenyReason =
  /** The thing belongs to another account than the principal. */
  | 'other-account'
  /** A group never acts by itself, and anonymous access is not granted by roles. */
  | 'kind-holds-nothing'
  /** A token or device without a scope map. */
  | 'no-scope-map'
  /** Its scope map is deleted, unknown here, of another account or of another registry. */
  | 'scope-map-not-valid-here'
  /** Its scope map has no line that covers what is asked. */
  | 'scope-map-lacks-action'
  /** No role assignment of the principal or its groups covers what is asked. */
  | 'no-role-assignment';

/** The answer. `message` says what was needed and what there was; it names nothing that the principal doesn't hold. */
export type Decision =
  | { readonly effect: 'allow'; readonly by: GrantRef }
  | { readonly effect: 'deny'; readonly reason: DenyReason; readonly message: string };
