import { sign, type KeyObject } from 'node:crypto';
import { tokenTypes, type AccessClaims, type ManagementClaims } from '@berth/contracts';
import { rawSignature } from './ecdsa-signature.js';

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
  private readonly privateKey: KeyObject;
  private readonly headers: Readonly<Record<keyof ClaimsOf, string>>;

  constructor({ kid, privateKey }: { readonly kid: string; readonly privateKey: KeyObject }) {
    this.privateKey = privateKey;
    this.headers = { access: headerOf(kid, tokenTypes.access), management: headerOf(kid, tokenTypes.management) };
  }

  sign<Kind extends keyof ClaimsOf>(kind: Kind, claims: ClaimsOf[Kind]): string {
    const signed = this.headers[kind] + Buffer.from(JSON.stringify(claims)).toString('base64url');
    // The bare key takes half the time of `{ key, dsaEncoding }`, with which Node prepares the key anew each time.
    const signature = rawSignature(sign('sha256', Buffer.from(signed, 'latin1'), this.privateKey));
    return `${signed}.${signature.toString('base64url')}`;
  }
}

function headerOf(kid: string, typ: string): string {
  return `${Buffer.from(JSON.stringify({ alg: 'ES256', kid, typ })).toString('base64url')}.`;
}
