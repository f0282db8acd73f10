export { parsePrincipalRef, principalKindOf, principalOf, principalRef } from './principal.js';
export type { Principal, PrincipalAlone, PrincipalKind, PrincipalRef, SpelledPrincipal } from './principal.js';
export { conditionsNarrow, indexScopeMap } from './scope-map.js';
export type { ScopeMap, ScopeMapCondition, ScopeMapConditionRecord, ScopeMapRecord } from './scope-map.js';
export { systemScopeMap, systemScopeMapId, systemScopeMaps } from './system-scope-map.js';
export type { AssignmentScope, RoleAssignment } from './role-assignment.js';
export { builtInRoles, quarantineRoles, repositoryRoles } from './role.js';
export type { BuiltInRole } from './role.js';
export { indexRoleDefinition } from './role-definition.js';
export type { RoleDefinition, RoleDefinitionRecord } from './role-definition.js';
export { parseCustomRole } from './custom-role.js';
export type { CustomRole } from './custom-role.js';
export { parseScopePath } from './scope-path.js';
export type { ScopeDirectory } from './scope-path.js';
export { scopeContains, targetOf } from './scope-containment.js';
export { indexAccessPolicy } from './access-policy.js';
export type { AccessPolicy, AccessPolicyRecord, AccessPolicyTarget, AccessPolicyWarning } from './access-policy.js';
export { serviceRoles, unsupportedServiceRoles } from './service-role.js';
export type { ServiceRole } from './service-role.js';
export { defaultEnforcementMandatoryFromMs } from './enforcement.js';
export type { EnforcementRecord } from './enforcement.js';
export { indexProhibition } from './prohibition.js';
export type { Prohibition, ProhibitionKind, ProhibitionRecord } from './prohibition.js';
export { prohibitionsOf } from './prohibitions-of.js';
export { unknownRegistryId } from './resource.js';
export type { AnonymousAccessRecord, NamespaceRecord, RegistryRecord } from './resource.js';
export type { ServiceReach } from './service-reach.js';
export { decide, decideAll } from './decide.js';
export { decisionContext } from './decision-context.js';
export type {
  Allowed,
  Decision,
  DecisionContext,
  DecisionRequest,
  DefinitionsView,
  Denied,
  DenyReason,
  GrantRef,
} from './decision.js';
export { maxVisiblePatterns, visiblePatterns } from './visible-patterns.js';
export type { VisibilityRequest, VisiblePatterns } from './visible-patterns.js';
export { explain, maxConsidered } from './explain.js';
export type { Considered, Explanation, NearestFix } from './explain.js';
export { whoCan } from './who-can.js';
export type { GrantDirectory, PageRequest, WhoCanItem, WhoCanPage } from './who-can.js';
export { whatCan } from './what-can.js';
export type { EffectivePermission, WhatCanRequest } from './what-can.js';
