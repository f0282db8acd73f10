import { createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto';
import { principalRef, uuid, version } from '@berth/contracts';
import { z } from 'zod';
import { invalidToken } from './invalid-token.js';

/** Longest refresh token that is looked at, in characters. */
export const maxRefreshTokenLength = 2048;

/** Claims of a refresh token. Times are seconds since 1970. */
const refreshClaims = z.strictObject({
  iss: z.string(),
  /** `token:<id>`, `user:<id>` or `service:<id>`. */
  sub: principalRef,
  /** The user name of the credential. */
  name: z.string().max(300),
  acct: uuid,
  rid: uuid,
  /** The login server that it was issued for. */
  aud: z.string(),
  slot: z.int().min(1).max(2).optional(),
  /** Which API key of a service ID. */
  key: uuid.optional(),
  /** Version of the slot, of the API key or of the user's password: the next one ends this token. */
  ver: version,
  iat: z.int().positive(),
  exp: z.int().positive(),
  jti: uuid,
});

export type RefreshClaims = z.infer<typeof refreshClaims>;

export interface RefreshTokensOptions {
  /** 32 bytes, of which the key used here is derived. */
  readonly masterKey: Buffer;
  /** `iss`: the public URL of the installation. */
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * Makes and checks refresh tokens: compact JWS with HMAC-SHA-256 and a `typ` of their own, because identity alone reads
 * them. They don't depend on the keys that sign access tokens, so the rotation of those ends no log-in, and nothing that
 * accepts access tokens knows how to accept one of these. Nothing is stored: a token says what it is bound to, and whoever
 * accepts it compares that with the credential as it is now.
 *
 * @source Docker registry OAuth2 specification, "Refresh token format"; RFC 7515; RFC 8725 section 3.11
 */
export class RefreshTokens {
  private readonly key: Buffer;
  private readonly header: string;

  constructor(private readonly options: RefreshTokensOptions) {
    this.key = Buffer.from(hkdfSync('sha256', options.masterKey, '', 'berth refresh token', 32));
    const kid = hash('sha256', Buffer.concat([Buffer.from('berth refresh key id\0'), this.key]), 'base64url');
    const header = { alg: 'HS256', kid: kid.slice(0, 11), typ: 'berth-refresh+jwt' };
    this.header = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.`;
  }

  /** Claims are taken as they are, under this installation's issuer. */
  issue(claims: Omit<RefreshClaims, 'iss'>): string {
    const payload = Buffer.from(JSON.stringify({ iss: this.options.issuer, ...claims })).toString('base64url');
    return `${this.header}${payload}.${this.macOf(payload)}`;
  }

  /**
   * The claims of a refresh token that is ours and has not ended; without leeway, since one clock issues and checks.
   *
   * @param compact as the client sent it, any length
   * @param audience the login server that it must be for
   * @throws AppError 'unauthenticated' with code `invalid_token`; its cause says why, for the log
   */
  verify(compact: string, audience: string): RefreshClaims {
    if (compact.length > maxRefreshTokenLength) throw invalidToken('longer than any refresh token');
    if (!compact.startsWith(this.header)) throw invalidToken('not a refresh token of ours');
    const [payload = '', mac = '', ...more] = compact.slice(this.header.length).split('.');
    if (more.length > 0 || !isEqual(mac, this.macOf(payload))) throw invalidToken('a wrong signature');
    const claims = this.claimsOf(payload);
    if (claims.iss !== this.options.issuer) throw invalidToken('of another issuer');
    if (claims.aud !== audience) throw invalidToken('for another audience');
    if (this.options.clock() >= claims.exp * 1000) throw invalidToken('expired');
    return claims;
  }

  /** Only what this installation wrote gets here: the MAC is over the encoded text. */
  private claimsOf(payload: string): RefreshClaims {
    const result = refreshClaims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    if (!result.success) throw invalidToken('claims that do not fit', result.error);
    return result.data;
  }

  private macOf(payload: string): string {
    return createHmac('sha256', this.key).update(this.header).update(payload).digest('base64url');
  }
}

/** Compares texts, not decoded bytes: another spelling of the same bytes is not the token. */
function isEqual(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
