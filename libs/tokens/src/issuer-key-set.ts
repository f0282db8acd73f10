import { clockLeewaySeconds } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { createLocalJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { subjectClaims, type SubjectClaims } from './subject-token.js';

/** Keys of one issuer that are kept, at most; the rest of its list is not looked at. */
export const maxIssuerKeys = 100;

/** Signatures that only the holder of a private key can make. Whatever else a header names is refused. */
const algorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
];

/** Public members alone. A modulus of 8,192 bits at most and a small exponent: a larger one makes each check cost more. */
const number = z.string().min(1).max(1366);
const common = {
  kid: z.string().max(512).exactOptional(),
  alg: z.enum(algorithms).exactOptional(),
  use: z.literal('sig').exactOptional(),
};
const publicKey = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('RSA'), ...common, n: number, e: z.string().min(1).max(6) }),
  z.object({ kty: z.literal('EC'), ...common, crv: z.enum(['P-256', 'P-384', 'P-521']), x: number, y: number }),
  z.object({ kty: z.literal('OKP'), ...common, crv: z.literal('Ed25519'), x: number }),
]);
const keySet = z.looseObject({ keys: z.array(z.unknown()) });

/** Whether a token is what its issuer signed. `unknown-key`: none of these keys is the one that its header names. */
export type SubjectVerification =
  | { readonly kind: 'accepted'; readonly claims: SubjectClaims }
  | { readonly kind: 'unknown-key' }
  | { readonly kind: 'refused'; readonly cause: unknown };

/** For whom a token must be, from whom, and when that is asked. */
export interface SubjectExpectation {
  readonly issuer: string;
  readonly audience: string;
  readonly nowMs: number;
}

/**
 * The public keys of another issuer. A token's header chooses among them and brings nothing of its own; a key that names
 * its algorithm is used with no other, and none is used with a shared secret.
 *
 * @source RFC 7517; RFC 8725 sections 3.1 and 3.10; jose
 */
export class IssuerKeySet {
  private readonly keyOf: JWTVerifyGetKey;

  private constructor(
    keys: readonly z.infer<typeof publicKey>[],
    /** Length of the text that it was read from. */
    readonly bytes: number,
  ) {
    this.keyOf = createLocalJWKSet({ keys: [...keys] });
  }

  /**
   * Reads a JWK set. Keys that are not for signatures, or of no kind that is used here, are left out.
   *
   * @throws AppError 'malformed' with code `unusable-key-set` when it is no JWK set, or no key is left
   */
  static parse(json: string): IssuerKeySet {
    const { success, data } = keySet.safeParse(parsed(json));
    const usable = (success ? data.keys : [])
      .slice(0, maxIssuerKeys)
      .flatMap((key) => publicKey.safeParse(key).data ?? []);
    if (usable.length === 0) throw unusable();
    return new IssuerKeySet(usable, json.length);
  }

  /** @param compact three parts, at most 16 KiB: what `readSubjectToken` took */
  async verify(compact: string, { issuer, audience, nowMs }: SubjectExpectation): Promise<SubjectVerification> {
    try {
      const { payload } = await jwtVerify(compact, this.keyOf, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
        currentDate: new Date(nowMs),
        clockTolerance: clockLeewaySeconds,
      });
      const claims = subjectClaims(payload);
      const isNow =
        claims.expiresAtSeconds * 1000 > nowMs && (payload.iat ?? 0) * 1000 <= nowMs + clockLeewaySeconds * 1000;
      return isNow ? { kind: 'accepted', claims } : { kind: 'refused', cause: 'expired, or from the future' };
    } catch (cause) {
      return cause instanceof errors.JWKSNoMatchingKey ? { kind: 'unknown-key' } : { kind: 'refused', cause };
    }
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (e) {
    throw unusable(e);
  }
}

function unusable(cause?: unknown): AppError {
  return new AppError({ kind: 'malformed', code: 'unusable-key-set', message: 'there is no usable key in it', cause });
}
