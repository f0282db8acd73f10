// at: libs/messaging/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '@berth/testing';
