// at: apps/registry/src/pull-manifest/bad.ts
// rule: no-restricted-imports
import { InternalClient } from '@berth/http';
export const c = InternalClient;
