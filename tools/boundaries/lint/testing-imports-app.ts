// at: libs/testing/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '../../../apps/audit/src/main.js';
