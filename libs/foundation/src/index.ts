export { CLOCK, secondsOf, type Clock } from './clock.js';
export { LOGGER, runtimeOf, type Runtime } from './runtime.js';
export { foundationProviders } from './foundation-providers.js';
export type { FoundationConfig, FoundationOptions } from './foundation-options.js';
export { Background } from './background.js';
export { followedOwner } from './followed-owner.js';
export { managementTokens, type ManagementTokensOptions } from './management-tokens.js';
export { Rounds } from './rounds.js';
export { ReadChangesController } from './read-changes.controller.js';
