export type { FoundationOptions } from './foundation.js';
export { foundationProviders } from './foundation-providers.js';
