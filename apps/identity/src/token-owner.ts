import { parsePrincipalRef, type PrincipalRef } from '@berth/policy-engine';
import { z } from 'zod';

/** Who must hold as well what a token gives, as the schema has it now. */
export interface TokenOwner {
  readonly ref: PrincipalRef;
  readonly status: 'enabled' | 'disabled';
  /** `<kind>:<id>` in the `ver` of the token's access tokens. */
  readonly version: number;
  readonly groups: readonly PrincipalRef[];
  readonly isImported: boolean;
}

/** How people write an owner: `user:<id>`, `service:<id>` or `workload:<id>`. */
export const ownerRef: z.ZodType<PrincipalRef, string> = z
  .string()
  .regex(
    /^(user|service|workload):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    'objectId is user:<id>, service:<id> or workload:<id>',
  )
  .transform(parsePrincipalRef);
