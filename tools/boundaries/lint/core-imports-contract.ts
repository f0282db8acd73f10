// at: libs/oci/src/bad.ts
// rule: @nx/enforce-module-boundaries
import '@berth/contracts';
