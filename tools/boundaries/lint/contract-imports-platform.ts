// at: libs/contracts/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '@berth/messaging';
