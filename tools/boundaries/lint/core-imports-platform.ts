// at: libs/access/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '@berth/config';
