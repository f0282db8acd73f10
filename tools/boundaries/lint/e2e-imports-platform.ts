// at: apps/platform-e2e/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '@berth/persistence';
