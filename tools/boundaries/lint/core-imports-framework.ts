// at: libs/policy-engine/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '@nestjs/common';
