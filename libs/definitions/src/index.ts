export { AccessState } from './access-state.js';
export { DefinitionsView, type DecisionSettings } from './definitions-view.js';
export { roleOf, scopeOf } from './indexed-grants.js';
export { Follower, type FollowerOptions, type Repeat } from './follower.js';
export type { FollowingFactory, FollowingModule, FollowingOptions } from './following.js';
export { followIdentity, FollowIdentityConsumer, IdentityFollowing } from './follow-identity.js';
export {
  followPolicy,
  FollowPolicyConsumer,
  PolicyFollowing,
  type FollowPolicyOptions,
  type KnownDefinition,
} from './follow-policy.js';
export { followRegistry, FollowRegistryConsumer, RegistryFollowing } from './follow-registry.js';
export { definitionsMigrations } from './migrations.js';
export { RepositoryDeletions } from './repository-deletions.js';
export { StateCopy, type StateCopyOptions, type StateRecord, type UnreadableState } from './state-copy.js';
export { TopicCopy, type PreviousState, type TopicHooks, type Unreadable } from './topic-copy.js';
