// at: libs/http/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '../../errors/src/index.js';
