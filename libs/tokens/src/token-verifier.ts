import { hash, verify, type KeyObject } from 'node:crypto';
import {
  accessClaims,
  clockLeewaySeconds,
  managementClaims,
  maxAccessTokenSeconds,
  tokenTypes,
  type AccessClaims,
  type ManagementClaims,
} from '@berth/contracts';
import { LRUCache } from 'lru-cache';
import { maxTokenLength, parseCanonicalJson, parseCompactToken } from './compact-token.js';
import { derSignature } from './ecdsa-signature.js';
import { expiredToken, invalidToken } from './invalid-token.js';

/** A key that tokens may be signed with. The same object as long as the key is the same. */
export interface VerifyingKey {
  readonly publicKey: KeyObject;
  readonly alg: 'ES256';
  readonly revoked: boolean;
}

export interface TokenVerifierOptions {
  /** From the service's own copy of identity's keys; null = never heard of. Nothing is ever fetched. */
  readonly keyOf: (kid: string) => VerifyingKey | null;
  /** `iss` of every token: the public URL of the installation. */
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Most remembered tokens; 50,000 when left out (about 1 KiB each). */
  readonly remembered?: number;
}

/** The login server that a token must be for, or a rule that accepts some. */
export type ExpectedAudience = string | ((audience: string) => boolean);

type Claims = AccessClaims | ManagementClaims;
type Remembered = { readonly kid: string; readonly publicKey: KeyObject } & (
  | { readonly kind: 'access'; readonly claims: AccessClaims }
  | { readonly kind: 'management'; readonly claims: ManagementClaims }
);

/**
 * Verifies tokens of identity: signature with the key of their `kid`, `typ`, issuer, audience, times, and every claim by
 * its schema. A token that was verified is remembered by the SHA-256 of all of it, so that a pull costs a hash and a
 * look-up; times, audience and the key are judged anew each time.
 *
 * @source RFC 8725 (JWT best current practices); Docker registry token specification
 */
export class TokenVerifier {
  private readonly memory: LRUCache<string, Remembered>;

  constructor(private readonly options: TokenVerifierOptions) {
    this.memory = new LRUCache({ max: options.remembered ?? 50_000 });
  }

  /**
   * The claims of an access token.
   *
   * @param compact as the client sent it, any length
   * @throws AppError 'unauthenticated' with code `invalid_token`; its cause says why, for the log
   */
  verifyAccess(compact: string, audience: ExpectedAudience): AccessClaims {
    const claims = this.accessClaimsOf(compact, audience);
    this.checkTimes(claims);
    return claims;
  }

  /**
   * The claims of an access token that is good in everything but may have expired, until {@link maxAccessTokenSeconds}
   * after it was issued: so long what was taken away is remembered. Who calls this must know what the token began before it
   * expired, and let it finish only that.
   *
   * @param compact as the client sent it, any length
   * @throws AppError 'unauthenticated' with code `invalid_token`; its cause says why, for the log
   */
  verifyLapsedAccess(compact: string, audience: ExpectedAudience): AccessClaims {
    const claims = this.accessClaimsOf(compact, audience);
    this.checkTimes({ ...claims, exp: claims.iat + maxAccessTokenSeconds - clockLeewaySeconds });
    return claims;
  }

  /**
   * The claims of a management token.
   *
   * @throws AppError 'unauthenticated' with code `invalid_token`
   */
  verifyManagement(compact: string): ManagementClaims {
    const token = this.recall(compact);
    if (token.kind !== 'management') throw invalidToken('not a management token');
    this.checkTimes(token.claims);
    return token.claims;
  }

  private accessClaimsOf(compact: string, audience: ExpectedAudience): AccessClaims {
    const token = this.recall(compact);
    if (token.kind !== 'access') throw invalidToken('not an access token');
    const isExpected = typeof audience === 'string' ? token.claims.aud === audience : audience(token.claims.aud);
    if (!isExpected) throw invalidToken('for another audience', undefined, 'the token is for another registry');
    return token.claims;
  }

  private recall(compact: string): Remembered {
    if (compact.length > maxTokenLength) throw invalidToken('longer than any token');
    const fingerprint = hash('sha256', compact, 'base64');
    const known = this.memory.get(fingerprint);
    // Another key under the same kid makes it unknown again; a revoked one is refused by trustedKey.
    if (known !== undefined && this.trustedKey(known.kid) === known.publicKey) return known;
    const verified = this.verify(compact);
    this.memory.set(fingerprint, verified);
    return verified;
  }

  private verify(compact: string): Remembered {
    const { kid, typ, signed, signature, payload } = parseCompactToken(compact);
    const publicKey = this.trustedKey(kid);
    if (!verify('sha256', signed, publicKey, derSignature(signature))) {
      throw invalidToken('a wrong signature');
    }
    const token = { kid, publicKey, ...parseClaims(typ, parseCanonicalJson(payload)) };
    if (token.claims.iss !== this.options.issuer) throw invalidToken('of another issuer');
    const { iat, nbf, exp } = token.claims;
    if (exp <= iat || exp - Math.min(iat, nbf) > maxAccessTokenSeconds) throw invalidToken('a life that no token has');
    return token;
  }

  private trustedKey(kid: string): KeyObject {
    const key = this.options.keyOf(kid);
    if (key === null) throw invalidToken('an unknown key');
    if (key.revoked) throw invalidToken('a revoked key');
    return key.publicKey;
  }

  private checkTimes({ iat, nbf, exp }: Pick<Claims, 'iat' | 'nbf' | 'exp'>): void {
    const now = this.options.clock() / 1000;
    if (now >= exp + clockLeewaySeconds) throw expiredToken();
    if (Math.max(iat, nbf) > now + clockLeewaySeconds) {
      throw invalidToken('from the future', undefined, 'the token is not valid yet');
    }
  }
}

/** `typ` selects the one schema that the claims must fit: one kind of token can't pass for another. */
function parseClaims(typ: string, claims: unknown) {
  if (typ === tokenTypes.access) return { kind: 'access' as const, claims: checked(accessClaims.safeParse(claims)) };
  if (typ === tokenTypes.management) {
    return { kind: 'management' as const, claims: checked(managementClaims.safeParse(claims)) };
  }
  throw invalidToken('of another type');
}

function checked<T>(result: { success: true; data: T } | { success: false; error: unknown }): T {
  if (!result.success) throw invalidToken('claims that do not fit', result.error);
  return result.data;
}
