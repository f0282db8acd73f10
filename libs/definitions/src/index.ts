export { AccessState } from './access-state.js';
export { DefinitionsView } from './definitions-view.js';
export { Follower, type FollowerOptions, type Repeat } from './follower.js';
export type { FollowingFactory, FollowingModule, FollowingOptions } from './following.js';
export { followIdentity, FollowIdentityConsumer, IdentityFollowing } from './follow-identity.js';
export { followPolicy, FollowPolicyConsumer, PolicyFollowing, type FollowPolicyOptions } from './follow-policy.js';
export { definitionsMigrations } from './migrations.js';
export { StateCopy, type StateCopyOptions, type StateRecord, type UnreadableState } from './state-copy.js';
export { TopicCopy, type TopicHooks, type Unreadable } from './topic-copy.js';
