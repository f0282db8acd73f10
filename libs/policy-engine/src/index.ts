export { parsePrincipalRef, principalKindOf, principalRef } from './principal.js';
export type { Principal, PrincipalKind, PrincipalRef } from './principal.js';
export { indexScopeMap } from './scope-map.js';
export type { ScopeMap, ScopeMapRecord } from './scope-map.js';
export type { AssignmentScope, RoleAssignment } from './role-assignment.js';
export { builtInRoles } from './role.js';
export type { BuiltInRole } from './role.js';
export { decide } from './decide.js';
export type { Decision, DecisionRequest, DefinitionsView, DenyReason, GrantRef } from './decision.js';
