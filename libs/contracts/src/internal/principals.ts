import { z } from 'zod';
import { maxGroups } from '../claims.js';
import { principalRef, uuid } from '../scalars.js';

/**
 * `POST /internal/principals` of identity: who these principals are, and by what they are decided; each bound to no account,
 * so whoever asks compares it with the caller's. One that is not there is left out. Of a device, whose id is
 * `<fleet id>/<device id>`, only its fleet must be there: it has no row.
 */
export const principalsRequest = z.strictObject({ principals: z.array(principalRef).max(1000) });

/** Who must hold as well what a token gives. */
const tokenOwner = z.strictObject({
  ref: principalRef,
  groups: z.array(principalRef).max(maxGroups),
  imported: z.boolean(),
});

export const principalRecord = z.strictObject({
  ref: principalRef,
  name: z.string(),
  account: uuid,
  status: z.enum(['enabled', 'disabled']),
  groups: z.array(principalRef).max(maxGroups),
  /** A user that the import of a legacy account brought. */
  imported: z.boolean(),
  /** Of a device that is disabled, why, as its log-in would be refused; left out = its fleet is. */
  refusal: z.enum(['fleet-key-disabled', 'device-denied']).optional(),
  /** Of a repository token or device; null for all other kinds. */
  registryId: uuid.nullable(),
  /** Of a repository token or device; of a system map `<registry id>/<name>`. */
  scopeMapId: z.string().max(300).nullable(),
  /** Of a repository token that has one; an owner that is gone leaves the token out of the answer. */
  owner: tokenOwner.nullable(),
});
export const principalsAnswer = z.strictObject({ principals: z.array(principalRecord).max(1000) });

/**
 * `GET /internal/scope-maps/{id}/holders?after=&limit=` of identity: the fleets and tokens that have a scope map, fleets
 * first, each by name. A fleet stands for all its devices.
 */
export const scopeMapHoldersQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: z.string().min(1).max(400).optional(),
});
export const scopeMapHolder = z.strictObject({
  kind: z.enum(['token', 'fleet']),
  id: uuid,
  name: z.string(),
  account: uuid,
  /** Of a fleet without an enabled key `disabled`; of a token what it says itself, whatever its owner is. */
  status: z.enum(['enabled', 'disabled']),
  /** Who must hold as well what the token gives; null = nobody. */
  owner: principalRef.nullable(),
});
export const scopeMapHoldersAnswer = z.strictObject({ items: z.array(scopeMapHolder), next: z.string().nullable() });

/** `GET /internal/groups/{id}/members?after=&limit=` of identity: the users and service IDs in a group, in the order of their refs. */
export const groupMembersQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: z.string().min(1).max(400).optional(),
});
export const groupMembersAnswer = z.strictObject({ items: z.array(principalRecord), next: z.string().nullable() });

/**
 * `GET /internal/accounts/{id}/imported-users?after=&limit=` of identity: the users that the import of a legacy account brought,
 * by id.
 */
export const importedUsersQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  after: z.string().min(1).max(400).optional(),
});
export const importedUsersAnswer = z.strictObject({ items: z.array(principalRef), next: z.string().nullable() });

export type ImportedUsersQuery = z.infer<typeof importedUsersQuery>;
export type ImportedUsersAnswer = z.infer<typeof importedUsersAnswer>;
export type GroupMembersQuery = z.infer<typeof groupMembersQuery>;
export type GroupMembersAnswer = z.infer<typeof groupMembersAnswer>;
export type PrincipalsRequest = z.infer<typeof principalsRequest>;
export type PrincipalRecord = z.infer<typeof principalRecord>;
export type PrincipalsAnswer = z.infer<typeof principalsAnswer>;
export type ScopeMapHoldersQuery = z.infer<typeof scopeMapHoldersQuery>;
export type ScopeMapHolder = z.infer<typeof scopeMapHolder>;
export type ScopeMapHoldersAnswer = z.infer<typeof scopeMapHoldersAnswer>;
