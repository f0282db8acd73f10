// at: apps/registry/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '../../identity/src/main.js';
