// at: infra/embedded/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '../../../apps/gateway/src/main.js';
