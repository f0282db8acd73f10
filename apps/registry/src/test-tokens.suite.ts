import { randomUUID } from 'node:crypto';
import {
  installation,
  managementAudience,
  type AccessClaims,
  type AccessEntryClaim,
  type ManagementClaims,
  type SigningKey,
} from '@berth/contracts';
import { generateSigningKey, TokenSigner } from '@berth/tokens';

export const issuer = 'http://localhost:5000';
export const loginServer = 'localhost:5000';
export const realm = 'http://localhost:5000/oauth2/token';

/** A signing key of a made-up identity, and tokens under it. */
export class TestIdentity {
  readonly pair = generateSigningKey();
  private readonly signer = new TokenSigner(this.pair);

  constructor(private readonly clock: () => number = Date.now) {}

  /** The record that identity would have published. */
  get record(): SigningKey {
    const { kid, publicJwk } = this.pair;
    return { kid, alg: 'ES256', publicJwk, status: 'active', version: 1, changedAt: '2026-01-01T00:00:00.000Z' };
  }

  /** Claims that are good for the actions (Docker names) on each repository. */
  claims(access: Readonly<Record<string, readonly string[]>> = {}, changes: Partial<AccessClaims> = {}): AccessClaims {
    const seconds = Math.floor(this.clock() / 1000);
    const entries: AccessEntryClaim[] = Object.entries(access).map(([name, actions]) => ({
      ...{ type: 'repository', name, actions: [...actions], inc: 0 },
    }));
    return {
      ...{ iss: issuer, sub: 'token:01900000-0000-7000-8000-00000000aaaa', name: 'mytoken', slot: 1 },
      ...{ acct: installation.accountId, rid: installation.registryId, aud: loginServer },
      ...{ iat: seconds, nbf: seconds, exp: seconds + 300, jti: randomUUID() },
      ver: { 'token:01900000-0000-7000-8000-00000000aaaa': 3, 'scope-map:m': 7 },
      access: entries,
      ...changes,
    };
  }

  /** A signed management token, of a user without groups unless the changes say otherwise. */
  managementToken(changes: Partial<ManagementClaims> = {}): string {
    const seconds = Math.floor(this.clock() / 1000);
    const times = { iat: seconds, nbf: seconds, exp: seconds + 60 };
    const user = { sub: 'user:ada', name: 'ada', acct: installation.accountId, groups: [], operator: false };
    return this.signer.sign('management', {
      ...{ iss: issuer, aud: managementAudience, jti: randomUUID(), ver: { 'user:ada': 1 } },
      ...times,
      ...user,
      ...changes,
    });
  }

  /** A signed token; see {@link claims}. */
  token(access?: Readonly<Record<string, readonly string[]>>, changes?: Partial<AccessClaims>): string {
    return this.signer.sign('access', this.claims(access, changes));
  }
}
