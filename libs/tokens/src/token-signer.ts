import { sign, type KeyObject } from 'node:crypto';
import { tokenTypes, type AccessClaims, type ManagementClaims } from '@berth/contracts';

/** The claims of each kind of token. */
export interface ClaimsOf {
  readonly access: AccessClaims;
  readonly management: ManagementClaims;
}

/**
 * Signs tokens with one ES256 key: compact JWS, header `alg`, `kid`, `typ` and nothing else. Claims are taken as they are:
 * a verifier is what refuses the ones that don't fit their schema.
 *
 * @source RFC 7515 section 7.1, RFC 7518 section 3.4
 */
export class TokenSigner {
  private readonly key: { readonly key: KeyObject; readonly dsaEncoding: 'ieee-p1363' };
  private readonly headers: Readonly<Record<keyof ClaimsOf, string>>;

  constructor({ kid, privateKey }: { readonly kid: string; readonly privateKey: KeyObject }) {
    this.key = { key: privateKey, dsaEncoding: 'ieee-p1363' };
    this.headers = { access: headerOf(kid, tokenTypes.access), management: headerOf(kid, tokenTypes.management) };
  }

  sign<Kind extends keyof ClaimsOf>(kind: Kind, claims: ClaimsOf[Kind]): string {
    const signed = this.headers[kind] + Buffer.from(JSON.stringify(claims)).toString('base64url');
    const signature = sign('sha256', Buffer.from(signed, 'latin1'), this.key);
    return `${signed}.${signature.toString('base64url')}`;
  }
}

function headerOf(kid: string, typ: string): string {
  return `${Buffer.from(JSON.stringify({ alg: 'ES256', kid, typ })).toString('base64url')}.`;
}
