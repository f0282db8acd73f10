import type { AccessEntryClaim } from '@berth/contracts';
import type { IssuedToken } from './access-token-issuer.js';
import { issuedTokenType } from './token-request.js';

/** What a GET is answered; both names of the token are in use. */
export interface QueryAnswer extends CommonAnswer {
  readonly token: string;
}

/** What a POST is answered. */
export interface FormAnswer extends CommonAnswer {
  /** What the token opens, which may be less than was asked for. */
  readonly scope: string;
  /** Of an exchange (RFC 8693 section 2.2.1). */
  readonly token_type?: 'Bearer';
  readonly issued_token_type?: string;
}

interface CommonAnswer {
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
  readonly refresh_token?: string;
}

const warnedMs = 30 * 86_400_000;

/**
 * Value of a `Warning` header for a credential that ends within 30 days, so that whoever reads the client's log learns of
 * it in time; null = nothing to say.
 *
 * @source RFC 7234 section 5.5.7, warn-code 299; OCI distribution-spec 1.1, "Warnings"
 */
export function expiryWarning({ credentialEndsAtMs, issuedAtMs, isExchanged }: IssuedToken): string | null {
  // The token of a workload always ends soon, and nobody needs to do anything about it.
  if (isExchanged || credentialEndsAtMs === null || credentialEndsAtMs > issuedAtMs + warnedMs) return null;
  return `299 - "the password of this log-in ends at ${new Date(credentialEndsAtMs).toISOString()}"`;
}

/** @source Docker registry token specification, "Token Response Fields" */
export function queryAnswer(issued: IssuedToken): QueryAnswer {
  return { token: issued.token, ...commonAnswer(issued) };
}

/** @source Docker registry OAuth2 specification, "Token response" */
export function formAnswer(issued: IssuedToken): FormAnswer {
  const exchanged = { token_type: 'Bearer', issued_token_type: issuedTokenType } as const;
  return {
    ...commonAnswer(issued),
    scope: issued.access.map(scopeOf).join(' '),
    ...(issued.isExchanged ? exchanged : {}),
  };
}

function commonAnswer({ token, expiresInSeconds, issuedAtMs, refreshToken }: IssuedToken): CommonAnswer {
  return {
    access_token: token,
    expires_in: expiresInSeconds,
    issued_at: new Date(issuedAtMs).toISOString(),
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
  };
}

function scopeOf({ type, name, actions }: AccessEntryClaim): string {
  return `${type}:${name}:${actions.join(',')}`;
}
