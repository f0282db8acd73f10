import { z } from 'zod';
import { principalRef, uuid, version } from './scalars.js';

/** Header `typ` of each kind of token; pinned, so that one can never pass for the other (RFC 8725 section 3.11). */
export const tokenTypes = { access: 'at+jwt', management: 'berth-management+jwt' } as const;

/** `aud` of every management token; no registry has it, so `/v2/` refuses such a token. */
export const managementAudience = 'berth-management';

/** Longest life of an access token; a minimum is dropped after this plus the leeway, in seconds. */
export const maxAccessTokenSeconds = 3600;

/** Clock difference accepted between the services, in seconds. */
export const clockLeewaySeconds = 60;

/** `ver`: from what a token was decided, `<kind>:<id>` to version; at most 16. */
export const verClaim = z.record(z.string().max(200), version).refine((ver) => Object.keys(ver).length <= 16);

/** One entry of `access`. `inc` is the repository's incarnation: how many times its name was deleted. */
export const accessEntry = z.strictObject({
  type: z.literal('repository'),
  name: z.string().max(255),
  actions: z.array(z.string().max(32)).max(16),
  inc: z.int().nonnegative(),
});

const registered = {
  iss: z.string(),
  sub: principalRef,
  name: z.string().max(300),
  acct: uuid,
  iat: z.int().positive(),
  nbf: z.int().positive(),
  exp: z.int().positive(),
  jti: uuid,
  ver: verClaim,
};

/**
 * Claims of an access token, which a client presents at `/v2/`. Times are seconds since 1970.
 *
 * @source Docker registry token specification (`access`), RFC 9068
 */
export const accessClaims = z.strictObject({
  ...registered,
  /** The login server of the one registry that the token opens. */
  aud: z.string(),
  rid: uuid,
  /** Which password was used; for the audit log only, never decided on. */
  slot: z.int().min(1).max(2).optional(),
  access: z.array(accessEntry).max(100),
});

/** Claims of a management token: who is calling `/api/v1`, for 60 s; never what the caller may do. */
export const managementClaims = z.strictObject({
  ...registered,
  aud: z.literal(managementAudience),
  groups: z.array(principalRef).max(200),
  operator: z.boolean(),
});

export type AccessClaims = z.infer<typeof accessClaims>;
export type AccessEntryClaim = z.infer<typeof accessEntry>;
export type ManagementClaims = z.infer<typeof managementClaims>;
