import { createPublicKey } from 'node:crypto';
import { signingKey, tokenTypes } from '@berth/contracts';
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { jwks } from './jwks.js';
import {
  exportPrivateKey,
  generateSigningKey,
  importPrivateKey,
  publicKeyOf,
  thumbprintOf,
  type SigningKeyPair,
} from './signing-key-pair.js';
import { TokenSigner } from './token-signer.js';
import { accessClaims, issuer, loginServer, managementClaims, nowSeconds, SpecVerifier } from './token.suite.js';

const recordOf = ({ kid, publicJwk }: SigningKeyPair, status: 'active' | 'retired' | 'revoked' = 'active') =>
  signingKey.parse({ kid, alg: 'ES256', publicJwk, status, version: 1, changedAt: '2026-11-01T00:00:00.000Z' });

describe('jose as the oracle', () => {
  const spec = new SpecVerifier();
  const signer = new TokenSigner(spec.pair);
  const published = createLocalJWKSet({ keys: [...jwks([recordOf(spec.pair)]).keys] });
  const options = { issuer, algorithms: ['ES256'], currentDate: new Date(nowSeconds * 1000) };

  it('jose verifies our access tokens with the key set for outsiders', async () => {
    const token = signer.sign('access', accessClaims);
    const { payload } = await jwtVerify(token, published, {
      ...options,
      audience: loginServer,
      typ: tokenTypes.access,
    });
    expect(payload).toEqual(accessClaims);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', kid: spec.pair.kid, typ: tokenTypes.access });
  });

  it('jose verifies our management tokens', async () => {
    const token = signer.sign('management', managementClaims);
    const { payload } = await jwtVerify(token, published, { ...options, typ: tokenTypes.management });
    expect(payload).toEqual(managementClaims);
  });

  it('we verify what jose has signed', async () => {
    const token = await new SignJWT({ ...accessClaims })
      .setProtectedHeader({ alg: 'ES256', kid: spec.pair.kid, typ: tokenTypes.access })
      .sign(spec.pair.privateKey);
    expect(spec.verify(token)).toEqual(accessClaims);
  });

  it('jose refuses what we refuse: a token with one changed bit', async () => {
    const token = signer.sign('access', accessClaims);
    const changed = `${token.slice(0, -10)}AAAAAAAAAA`;
    await expect(jwtVerify(changed, published, options)).rejects.toThrow();
    spec.expectRefused(changed, /signature/);
  });

  it('a kid is the RFC 7638 thumbprint', async () => {
    expect(spec.pair.kid).toBe(await calculateJwkThumbprint(spec.pair.publicJwk));
    expect(thumbprintOf(spec.pair.publicJwk)).toBe(spec.pair.kid);
  });
});

describe('signing keys', () => {
  it('come back whole from their bytes', () => {
    const pair = generateSigningKey();
    const again = importPrivateKey(exportPrivateKey(pair.privateKey));
    expect({ kid: again.kid, publicJwk: again.publicJwk }).toEqual({ kid: pair.kid, publicJwk: pair.publicJwk });
    expect(publicKeyOf(pair.publicJwk).equals(createPublicKey(again.privateKey))).toBe(true);
  });

  it('are refused when their point is not on the curve', () => {
    const { publicJwk } = generateSigningKey();
    expect(() => publicKeyOf({ ...publicJwk, y: publicJwk.x })).toThrow();
  });

  it('are published for outsiders unless revoked, without anything private', () => {
    const [active, retired, revoked] = [generateSigningKey(), generateSigningKey(), generateSigningKey()];
    const { keys } = jwks([recordOf(active), recordOf(retired, 'retired'), recordOf(revoked, 'revoked')]);
    expect(keys.map(({ kid }) => kid)).toEqual([active.kid, retired.kid]);
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });
});
