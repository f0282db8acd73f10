import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import type { SigningKey } from '@berth/contracts';
import { AppError } from '@berth/errors';

/** The public half as a JWK: exactly the members that its record carries. */
export type PublicJwk = SigningKey['publicJwk'];

/** A key that identity signs with. */
export interface SigningKeyPair {
  /** RFC 7638 thumbprint of the public half. */
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: PublicJwk;
}

/** A new ES256 (P-256) key pair. */
export function generateSigningKey(): SigningKeyPair {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return pairOf(privateKey);
}

/** The private half as bytes to be sealed (PKCS #8, DER). */
export function exportPrivateKey(privateKey: KeyObject): Buffer {
  return privateKey.export({ format: 'der', type: 'pkcs8' });
}

/** The pair from {@link exportPrivateKey}'s bytes. @throws AppError 'bug' when they are no P-256 key */
export function importPrivateKey(der: Buffer): SigningKeyPair {
  return pairOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

/** The public half ready for verifying. @throws Error when the point isn't on the curve */
export function publicKeyOf(jwk: PublicJwk): KeyObject {
  return createPublicKey({ key: { ...jwk }, format: 'jwk' });
}

/** RFC 7638: SHA-256, base64url, over the required members in lexicographic order. */
export function thumbprintOf({ crv, kty, x, y }: PublicJwk): string {
  return hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');
}

function pairOf(privateKey: KeyObject): SigningKeyPair {
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) {
    throw new AppError({ kind: 'bug', message: 'a signing key is not on P-256' });
  }
  const publicJwk = { kty, crv, x, y } as const;
  return { kid: thumbprintOf(publicJwk), privateKey, publicJwk };
}
