import { randomUUID } from 'node:crypto';
import { accessOpensCatalog } from '@berth/access';
import type { AccessClaims, AccessEntryClaim } from '@berth/contracts';
import type { Principal } from '@berth/policy-engine';
import { secondsOf } from '@berth/foundation';
import type { ProvenCredential } from '../proven-credential.js';

/** What a token is made of, besides the credential. */
export interface AccessTokenParts {
  readonly issuer: string;
  /** The login server. */
  readonly audience: string;
  readonly registryId: string;
  readonly access: readonly AccessEntryClaim[];
  readonly grants: ReadonlyMap<string, number>;
  /** When the first of what is granted ends, epoch milliseconds; null = never. */
  readonly endsAtMs: number | null;
  readonly nowMs: number;
  readonly lifetimeSeconds: number;
}

/** Entries of the `ver` claim, at most. */
export const maxVersions = 16;

/**
 * The claims of an access token. It never outlives the credential nor what it grants, not even if that leaves it seconds.
 *
 * @source Docker registry token specification; access-model "Issuing"
 */
export function accessTokenClaims(credential: ProvenCredential, parts: AccessTokenParts): AccessClaims {
  const { principal, name, slot, versions } = credential;
  const iat = secondsOf(parts.nowMs);
  const ends = [credential.endsAtMs, parts.endsAtMs].flatMap((atMs) => (atMs === null ? [] : [secondsOf(atMs)]));
  return {
    iss: parts.issuer,
    sub: principal.ref,
    name,
    acct: principal.account,
    iat,
    nbf: iat,
    exp: Math.min(iat + parts.lifetimeSeconds, ...ends),
    jti: randomUUID(),
    ver: { ...versions, ...Object.fromEntries(parts.grants) },
    aud: parts.audience,
    rid: parts.registryId,
    ...(slot === null ? {} : { slot }),
    access: [...parts.access],
    ...(accessOpensCatalog(parts.access) ? decidedBy(principal) : {}),
  };
}

/** From what the registry decides which repositories are on the list. */
function decidedBy({ groups, scopeMapId, owner }: Principal): Partial<AccessClaims> {
  if (scopeMapId === null) return { groups: [...groups] };
  if (owner === undefined) return { scopeMap: scopeMapId };
  return { scopeMap: scopeMapId, owner: { id: owner.ref, groups: [...owner.groups] } };
}

/**
 * How long a token lives: up to a tenth shorter than asked, so that a million devices that started together don't come
 * back together.
 *
 * @param random 0 <= random < 1
 */
export function jittered(seconds: number, random: number): number {
  return Math.max(1, Math.floor(seconds * (1 - random / 10)));
}
