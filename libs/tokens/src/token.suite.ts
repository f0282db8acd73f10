import { sign, type KeyObject } from 'node:crypto';
import { installation, managementAudience, type AccessClaims, type ManagementClaims } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { expect } from 'vitest';
import { generateSigningKey, publicKeyOf, type SigningKeyPair } from './signing-key-pair.js';
import { TokenVerifier, type VerifyingKey } from './token-verifier.js';

export const nowSeconds = 1_800_000_000;
export const issuer = 'https://berth.example.com';
export const loginServer = 'registry.example.com';
const tokenId = '01900000-0000-7000-8000-00000000abcd';

/** Claims that are right in every respect. */
export const accessClaims: AccessClaims = {
  iss: issuer,
  sub: `token:${tokenId}`,
  name: 'ci',
  acct: installation.accountId,
  iat: nowSeconds,
  nbf: nowSeconds,
  exp: nowSeconds + 300,
  jti: '01900000-0000-7000-8000-00000000ef01',
  ver: { [`token:${tokenId}`]: 3, [`slot:${tokenId}/1`]: 1 },
  aud: loginServer,
  rid: installation.registryId,
  slot: 1,
  access: [{ type: 'repository', name: 'team/app', actions: ['pull'], inc: 0 }],
};

export const managementClaims: ManagementClaims = {
  iss: issuer,
  sub: `user:${installation.adminUserId}`,
  name: 'admin',
  acct: installation.accountId,
  iat: nowSeconds,
  nbf: nowSeconds,
  exp: nowSeconds + 60,
  jti: '01900000-0000-7000-8000-00000000ef02',
  ver: { [`user:${installation.adminUserId}`]: 1 },
  aud: managementAudience,
  groups: [],
  operator: true,
};

/** A verifier with the keys that it knows, and the time it believes. */
export class SpecVerifier {
  readonly pair: SigningKeyPair = generateSigningKey();
  readonly keys = new Map<string, VerifyingKey>();
  readonly asked: string[] = [];
  now = nowSeconds;
  readonly verifier = new TokenVerifier({
    keyOf: (kid) => {
      this.asked.push(kid);
      return this.keys.get(kid) ?? null;
    },
    issuer,
    clock: () => this.now * 1000,
    remembered: 100,
  });

  constructor() {
    this.trust(this.pair);
  }

  trust({ kid, publicJwk }: SigningKeyPair): void {
    this.keys.set(kid, { publicKey: publicKeyOf(publicJwk), alg: 'ES256', revoked: false });
  }

  /** The header of a right access token. */
  get header() {
    return { alg: 'ES256', kid: this.pair.kid, typ: 'at+jwt' };
  }

  /** A token signed by the trusted key over any header and payload. */
  forge(parts: { header?: object; payload?: object | string; key?: KeyObject } = {}): string {
    const { header = this.header, payload = accessClaims, key = this.pair.privateKey } = parts;
    const signed = `${encode(header)}.${encode(payload)}`;
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  verify(compact: string): AccessClaims {
    return this.verifier.verifyAccess(compact, loginServer);
  }

  /** Refused as every bad token is, without saying more to the caller than an honest one needs. */
  expectRefused(compact: string, why?: RegExp): void {
    const error = refusalOf(() => this.verify(compact));
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ kind: 'unauthenticated', code: 'invalid_token' });
    if (why !== undefined) expect((error as AppError).cause).toMatchObject({ message: expect.stringMatching(why) });
  }
}

export function encode(part: object | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

export function without<T extends object>(claims: T, name: keyof T): object {
  return Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
}

export function refusalOf(run: () => unknown): unknown {
  try {
    run();
  } catch (e) {
    return e;
  }
  return null;
}
