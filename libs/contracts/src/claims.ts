import { z } from 'zod';
import { accessCondition } from './access-condition.js';
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

/**
 * One repository that a token opens. `inc` is its incarnation when the token was issued: the number of the last deletion
 * of its name that is remembered, 0 without one.
 */
export const repositoryAccess = z.strictObject({
  type: z.literal('repository'),
  name: z.string().max(255),
  actions: z.array(z.string().max(32)).max(16),
  inc: z.int().nonnegative(),
  /** Conditions that bind each use of the entry, all of them; left out = none. */
  when: z.array(accessCondition).max(16).optional(),
});

/** The list of repositories. What is on it is decided when it is read, by `groups` or `scopeMap` of the token. */
export const catalogAccess = z.strictObject({
  type: z.literal('registry'),
  name: z.literal('catalog'),
  actions: z.tuple([z.literal('*')]),
  inc: z.literal(0),
});

/** One entry of `access`. */
export const accessEntry = z.discriminatedUnion('type', [repositoryAccess, catalogAccess]);

/** Groups that a token names, at most. */
export const maxGroups = 200;

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
 * Claims of an access token, which a client presents at `/v2/`. Times are seconds since 1970. One that opens the catalog,
 * and no other, says by what the catalog is decided: the groups of its principal, or the one scope map.
 *
 * @source Docker registry token specification (`access`), RFC 9068
 */
export const accessClaims = z
  .strictObject({
    ...registered,
    /** The login server of the one registry that the token opens. */
    aud: z.string(),
    rid: uuid,
    /** Which password was used; for the audit log only, never decided on. */
    slot: z.int().min(1).max(2).optional(),
    access: z.array(accessEntry).max(100),
    /** All groups of a principal that is decided by its roles. */
    groups: z.array(principalRef).max(maxGroups).optional(),
    /** Id of the scope map of a principal that is decided by it; of a system map `<registry id>/<name>`. */
    scopeMap: z.string().max(300).optional(),
    /** Who must hold as well what the scope map gives: the owner of a token. */
    owner: z.strictObject({ id: principalRef, groups: z.array(principalRef).max(maxGroups) }).optional(),
  })
  .refine(
    ({ access, groups, scopeMap }) => {
      const said = [groups, scopeMap].filter((each) => each !== undefined).length;
      return said === (access.some(({ type }) => type === 'registry') ? 1 : 0);
    },
    { message: 'groups or scopeMap stands beside an entry for the catalog, one of them, and nowhere else' },
  );

/** Claims of a management token: who is calling `/api/v1`, for 60 s; never what the caller may do. */
export const managementClaims = z.strictObject({
  ...registered,
  aud: z.literal(managementAudience),
  groups: z.array(principalRef).max(maxGroups),
  operator: z.boolean(),
  /** A user that the import of a legacy account brought; left out = no. */
  imported: z.literal(true).optional(),
  /** When the credential ends that the caller was recognised by: no token got from this one lives longer. Left out = never. */
  end: z.int().positive().optional(),
});

export type AccessClaims = z.infer<typeof accessClaims>;
export type AccessEntryClaim = z.infer<typeof accessEntry>;
export type RepositoryAccessClaim = z.infer<typeof repositoryAccess>;
export type ManagementClaims = z.infer<typeof managementClaims>;
