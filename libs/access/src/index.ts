export { managedThings } from './action.js';
export type { Action, ActionLevel, ActionRow, ManagedThing } from './action.js';
export { actionCatalogue } from './action-catalogue.js';
export {
  actionLevelOf,
  actionOfDockerName,
  dockerNameOf,
  dockerNames,
  isRepositoryScoped,
  isScopeMapAction,
  parseAction,
  parseGrantedActions,
} from './action-spelling.js';
export { ibmActions } from './ibm-action.js';
export type { IbmAction, IbmActionClass } from './ibm-action.js';
export { ibmOperations } from './ibm-operation.js';
export type { IbmOperation } from './ibm-operation.js';
export {
  everyRepository,
  isRepositoryPattern,
  namespaceOf,
  parseRepositoryPattern,
  patternCovers,
  patternsOverlap,
} from './repository-pattern.js';
export type { RepositoryPattern } from './repository-pattern.js';
export { formatActionLine, parseActionLine } from './action-line.js';
export type { ActionLine } from './action-line.js';
export { indexActionLines } from './action-line-index.js';
export type { ActionLineIndex } from './action-line-index.js';
export { checkScopeMapLimits, defaultScopeMapLimits } from './scope-map-limits.js';
export type { ScopeMapLimits } from './scope-map-limits.js';
export { parseAccessCondition, parseAddressRanges, unmetBy } from './access-condition.js';
export type {
  AccessCondition,
  AccessConditionRecord,
  AddressRanges,
  UnmetCondition,
  UseFacts,
} from './access-condition.js';
export { narrows } from './narrows.js';
export { maxScopeLength, maxScopes, parseScopes } from './parse-scopes.js';
export type { RequestedScope } from './requested-scope.js';
export { accessCovers, accessOpensCatalog } from './access-entry.js';
export type { AccessClaim, AccessEntry } from './access-entry.js';
export { isTagPattern, tagPatternCovers } from './tag-pattern.js';
