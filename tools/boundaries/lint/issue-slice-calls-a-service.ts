// at: apps/identity/src/issue-token/bad.ts
// rule: no-restricted-imports
import { InternalClient } from '@berth/http';
export const c = InternalClient;
