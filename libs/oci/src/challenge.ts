/** What a `WWW-Authenticate` header says. `realm` is the token endpoint's address, `service` the login server. */
export interface Challenge {
  readonly realm: string;
  readonly service: string;
  /** The scope that would be enough, as `repository:team/app:pull`. */
  readonly scope?: string | undefined;
  readonly error?: 'invalid_token' | 'insufficient_scope' | 'invalid_request' | undefined;
  readonly errorDescription?: string | undefined;
}

/**
 * The value of a `WWW-Authenticate` header with the Bearer scheme. Values are quoted and escaped; a character that is not
 * printable ASCII becomes `?`, so that no value can end the header or start another parameter.
 *
 * @source Docker token authentication "How to authenticate"; RFC 6750 section 3; RFC 9110 section 5.6.4 (quoted-string)
 */
export function formatChallenge(challenge: Challenge): string {
  let value = `Bearer realm="${quote(challenge.realm)}",service="${quote(challenge.service)}"`;
  if (challenge.scope !== undefined) value += `,scope="${quote(challenge.scope)}"`;
  if (challenge.error !== undefined) value += `,error="${quote(challenge.error)}"`;
  if (challenge.errorDescription !== undefined) value += `,error_description="${quote(challenge.errorDescription)}"`;
  return value;
}

function quote(s: string): string {
  return s.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&');
}
