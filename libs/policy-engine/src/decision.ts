import type { AccessCondition, Action, RepositoryPattern, UseFacts } from '@berth/access';
import type { AccessPolicy } from './access-policy.js';
import type { EnforcementRecord } from './enforcement.js';
import type { Principal, PrincipalRef } from './principal.js';
import type { Prohibition } from './prohibition.js';
import type { AnonymousAccessRecord, NamespaceRecord, RegistryRecord } from './resource.js';
import type { RoleAssignment } from './role-assignment.js';
import type { RoleDefinition } from './role-definition.js';
import type { ScopeMap } from './scope-map.js';

/**
 * The definitions that decisions are made from: a service's own copy, read without waiting. Any of them may be handed out
 * with status `deleted`, or be left out. A view without one of the optional kinds knows no such definition, so that none
 * of them grants, and none forbids; a whole copy is `Required<DefinitionsView>`.
 */
export interface DefinitionsView {
  /** null = never heard of. */
  scopeMap(id: string): ScopeMap | null;
  /** All assignments of exactly this principal or group, in a stable order; never undefined. */
  roleAssignmentsOf(ref: PrincipalRef): readonly RoleAssignment[];
  /** A custom role by its id. */
  roleDefinition?(id: string): RoleDefinition | null;
  /** All access policies of exactly this user, service ID or access group, in a stable order. */
  accessPoliciesOf?(ref: PrincipalRef): readonly AccessPolicy[];
  /** Of an account that was imported as legacy, one for each region; of any other account none. */
  enforcementsOf?(account: string): readonly EnforcementRecord[];
  /** When enforcement is on everywhere whatever is recorded, epoch milliseconds; the operator may set it. */
  enforcementMandatoryFromMs?(): number;
  registry?(id: string): RegistryRecord | null;
  namespace?(registryId: string, name: string): NamespaceRecord | null;
  /** Those of a registry that have a record. */
  namespacesOf?(registryId: string): readonly NamespaceRecord[];
  anonymousAccessOf?(registryId: string): AnonymousAccessRecord | null;
  /** All prohibitions that may concern this account and registry (null = the account itself); the engine looks closer. */
  prohibitionsOn?(account: string, registryId: string | null): readonly Prohibition[];
}

/** Facts of one use of a right, for scope maps with conditions and for networks that are shut out. */
export interface DecisionContext extends UseFacts {
  /** The answer's `when` goes into a token and is enforced where that is used: tags and addresses may be unknown now. */
  readonly carriesConditions?: boolean;
}

/** What is asked. */
export interface DecisionRequest {
  readonly principal: Principal;
  readonly action: Action;
  /** Id of the account that owns the thing acted on. */
  readonly account: string;
  /** null = the account itself, or everything in it. */
  readonly registryId: string | null;
  /** null = the whole registry (or account, or namespace). A pattern is granted only as a whole. */
  readonly repository: RepositoryPattern | null;
  /** The namespace as a whole, where `repository` is null; otherwise the repository's own counts. */
  readonly namespace?: string | null;
  /** Where `registryId` is null: within this region or resource group of the account. */
  readonly region?: string | null;
  readonly resourceGroup?: string | null;
  /** Needed where time, address or tags matter; without them, what depends on them is denied. */
  readonly context?: DecisionContext;
}

/** A definition that had a part in a decision; goes into a token's `ver` claim and into the audit log. */
export interface GrantRef {
  readonly kind:
    | 'scope-map'
    | 'role-assignment'
    | 'role-definition'
    | 'access-policy'
    | 'enforcement'
    | 'anonymous-access'
    | 'prohibition';
  readonly id: string;
  readonly version: number;
}

/** Why not, as a code. */
export type DenyReason =
  /** The thing belongs to another account than the principal. */
  | 'other-account'
  /** A group never acts by itself, and nobody in particular holds no roles. */
  | 'kind-holds-nothing'
  /** A token or device without a scope map. */
  | 'no-scope-map'
  /** Its scope map is deleted, unknown here, of another account or of another registry. */
  | 'scope-map-not-valid-here'
  /** Its scope map has no line that covers what is asked. */
  | 'scope-map-lacks-action'
  /** A condition of its scope map is not met: tags, network, time or create-only. */
  | 'condition-not-met'
  /** The owner of the token no longer holds what the token would give. */
  | 'owner-lacks-action'
  /** No role assignment or access policy of the principal or its groups covers what is asked. */
  | 'no-role-assignment'
  /** It would be allowed, but for a lock, a quarantine, a network or a thing that is shut. */
  | 'prohibited';

/** A right, and the definitions that it rests upon. */
export interface Allowed {
  readonly effect: 'allow';
  /** What decided. */
  readonly by: GrantRef;
  /** All definitions that had a part in it, `by` first: a custom role, or the grant of a token's owner. */
  readonly basis: readonly GrantRef[];
  /** Conditions that bind every use of the right; only where the request says that it carries them. */
  readonly when?: readonly AccessCondition[];
}

/** A refusal; `by` names the prohibition that decided. */
export interface Denied {
  readonly effect: 'deny';
  readonly reason: DenyReason;
  readonly message: string;
  readonly by?: GrantRef;
}

/** The answer. `message` says what was needed and what there was; it names nothing that the principal doesn't hold. */
export type Decision = Allowed | Denied;
