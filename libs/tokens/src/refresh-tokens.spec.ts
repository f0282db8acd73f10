import { createHmac, hkdfSync } from 'node:crypto';
import { installation } from '@berth/contracts';
import { describe, expect, it } from 'vitest';
import { RefreshTokens, type RefreshClaims } from './refresh-tokens.js';
import { accessClaims, encode, issuer, loginServer, nowSeconds, refusalOf, SpecVerifier } from './token.suite.js';

const masterKey = Buffer.alloc(32, 7);

const claims: Omit<RefreshClaims, 'iss'> = {
  sub: accessClaims.sub,
  name: 'ci',
  acct: installation.accountId,
  rid: installation.registryId,
  aud: loginServer,
  slot: 1,
  ver: 4,
  iat: nowSeconds,
  exp: nowSeconds + 1000,
  jti: accessClaims.jti,
};

describe('RefreshTokens', () => {
  let now = nowSeconds;
  const tokensOf = (key = masterKey, by = issuer) =>
    new RefreshTokens({ masterKey: key, issuer: by, clock: () => now * 1000 });
  const tokens = tokensOf();
  const refuses = (compact: string, audience = loginServer) =>
    expect(refusalOf(() => tokens.verify(compact, audience))).toMatchObject({
      kind: 'unauthenticated',
      code: 'invalid_token',
    });

  it('gives back what it was made of, until its end and not a second longer', () => {
    const token = tokens.issue(claims);
    expect(tokens.verify(token, loginServer)).toEqual({ iss: issuer, ...claims });
    now = claims.exp;
    refuses(token);
    now = nowSeconds;
  });

  it('is refused for another login server, by another installation, and under another master key', () => {
    refuses(tokens.issue(claims), 'other.example.com');
    refuses(tokensOf(masterKey, 'https://other.example.com').issue(claims));
    refuses(tokensOf(Buffer.alloc(32, 8)).issue(claims));
  });

  it('is refused with any part changed, left out, added or spelt otherwise', () => {
    const token = tokens.issue(claims);
    const [header = '', payload = '', mac = ''] = token.split('.');
    const longer = encode({ iss: issuer, ...claims, exp: claims.exp + 1 });
    const none = encode({ alg: 'none', kid: 'x', typ: 'berth-refresh+jwt' });
    const altered = [
      `${header}.${longer}.${mac}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${token}.`,
      `${token}=`,
      `${none}.${payload}.`,
      `${header}.${payload}.${'A'.repeat(43)}`,
      '',
      '.'.repeat(1_000_000),
    ];
    for (const each of altered) refuses(each);
  });

  it('A23 A24 is no access token, nor is an access token one', () => {
    const spec = new SpecVerifier();
    spec.expectRefused(tokens.issue(claims));
    refuses(spec.forge());
  });

  it('refuses claims that do not fit although the signature does', () => {
    const key = Buffer.from(hkdfSync('sha256', masterKey, '', 'berth refresh token', 32));
    const [header = ''] = tokens.issue(claims).split('.');
    const signed = `${header}.${encode({ iss: issuer, ...claims, operator: true })}`;
    refuses(`${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`);
  });
});
