// at: load-tests/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '@berth/oci';
