import type { SigningKey } from '@berth/contracts';

/** One key of a JWK set. */
export interface PublishedJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

/** The JWK set for outsiders: active and retired keys; a revoked one verifies nothing. @source RFC 7517 section 5 */
export function jwks(keys: Iterable<SigningKey>): { readonly keys: readonly PublishedJwk[] } {
  const trusted = [...keys].filter(({ status }) => status !== 'revoked');
  return { keys: trusted.map(({ kid, alg, publicJwk }) => ({ ...publicJwk, kid, alg, use: 'sig' })) };
}
