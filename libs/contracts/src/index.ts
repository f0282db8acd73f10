export { installation, services, type Service } from './ids.js';
export { uuid, version, instant, principalRef, lifeStatus, storableText } from './scalars.js';
export { accessCondition, type AccessConditionClaim } from './access-condition.js';
export { compactedTopic, dayLongStateTopic, workTopic, type Topic, type StateTopic } from './topic.js';
export { topics, stateTopics } from './topics.js';
export {
  accountDefinition,
  registryDefinition,
  namespaceDefinition,
  scopeMapDefinition,
  scopeMapCondition,
  roleAssignmentDefinition,
  roleDefinitionDefinition,
  accessPolicyDefinition,
  enforcementDefinition,
  anonymousAccessDefinition,
  prohibitionDefinition,
  contentPoliciesDefinition,
  immutabilityRule,
  assignmentScope,
  definition,
  definitionKey,
  definitionChanged,
  type AccountDefinition,
  type RegistryDefinition,
  type ScopeMapDefinition,
  type NamespaceDefinition,
  type RoleAssignmentDefinition,
  type RoleDefinitionDefinition,
  type AccessPolicyDefinition,
  type EnforcementDefinition,
  type AnonymousAccessDefinition,
  type ProhibitionDefinition,
  type ContentPoliciesDefinition,
  type ImmutabilityRule,
  type AssignmentScope,
  type Definition,
  type DefinitionKind,
} from './events/definition-changed.v1.js';
export { expiryNotice, expiryNoticed, type ExpiryNotice } from './events/expiry-noticed.v1.js';
export { minimum, minimumRaised, type Minimum } from './events/minimum-raised.v1.js';
export {
  repositoryDeleted,
  repositoryDeletion,
  repositoryDeletionKey,
  type RepositoryDeletion,
} from './events/repository-deleted.v1.js';
export { signingKey, signingKeyChanged, type SigningKey } from './events/signing-key-changed.v1.js';
export {
  activityBatch,
  activityTopics,
  spoolFrame,
  spoolProducer,
  type ActivityBatch,
  type SpoolFrame,
  type SpoolProducer,
} from './events/activity-recorded.v1.js';
export { changeTopics } from './events/change-recorded.v1.js';
export {
  entry,
  entryDraft,
  entryEvents,
  entryPage,
  type Entry,
  type EntryDraft,
  type EntryEvent,
  type EntryPage,
} from './audit-entry.js';
export {
  accessClaims,
  accessEntry,
  catalogAccess,
  clockLeewaySeconds,
  managementAudience,
  managementClaims,
  maxAccessTokenSeconds,
  maxGroups,
  repositoryAccess,
  tokenTypes,
  verClaim,
  type AccessClaims,
  type AccessEntryClaim,
  type RepositoryAccessClaim,
  type ManagementClaims,
} from './claims.js';
export { changesPage, changesQuery, type ChangesPage } from './internal/changes.js';
export { definitionAnswer, definitionQuery, type DefinitionAnswer } from './internal/definitions.js';
export { lastUsedAnswer, lastUsedRequest, type LastUsedAnswer, type LastUsedRequest } from './internal/last-used.js';
export {
  managementTokenAnswer,
  managementTokenRequest,
  type ManagementTokenAnswer,
  type ManagementTokenRequest,
} from './internal/management-tokens.js';
export { repositoryDeletionRequest } from './internal/repository-deletions.js';
export { accountEmptied, type AccountEmptied } from './internal/account-emptied.js';
export { registryEmptied, type RegistryEmptied } from './internal/registry-emptied.js';
export {
  personalScopeMapAnswer,
  personalScopeMapRequest,
  type PersonalScopeMapRequest,
} from './internal/personal-scope-maps.js';
export {
  groupMembersAnswer,
  groupMembersQuery,
  importedUsersAnswer,
  importedUsersQuery,
  principalRecord,
  principalsAnswer,
  principalsRequest,
  scopeMapHolder,
  scopeMapHoldersAnswer,
  scopeMapHoldersQuery,
  type GroupMembersAnswer,
  type GroupMembersQuery,
  type ImportedUsersAnswer,
  type ImportedUsersQuery,
  type PrincipalRecord,
  type PrincipalsAnswer,
  type PrincipalsRequest,
  type ScopeMapHolder,
  type ScopeMapHoldersAnswer,
  type ScopeMapHoldersQuery,
} from './internal/principals.js';
