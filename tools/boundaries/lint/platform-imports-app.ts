// at: libs/http/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '../../../apps/policy/src/main.js';
