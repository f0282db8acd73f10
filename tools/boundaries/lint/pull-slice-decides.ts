// at: apps/registry/src/pull-blob/bad.ts
// rule: no-restricted-imports
import { decide } from '@berth/policy-engine';
export const d = decide;
