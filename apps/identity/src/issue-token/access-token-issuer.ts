import { randomUUID } from 'node:crypto';
import { AppError } from '@berth/errors';
import { principalKindOf } from '@berth/policy-engine';
import { RefreshTokens } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { ActiveSigner } from '../active-signer.js';
import { CLOCK, secondsOf, type Clock } from '@berth/foundation';
import type { ProvenCredential } from '../proven-credential.js';
import { SETTINGS, type Settings } from '../settings.js';
import { accessTokenClaims, jittered } from './access-token.js';
import type { Granted } from './grant-access.js';

/** A signed access token, and what its holder is told about it. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
  readonly issuedAtMs: number;
  /** What it opens. */
  readonly access: Granted['access'];
  /** Null = none was asked for, or the credential gets none. */
  readonly refreshToken: string | null;
  /** When the credential ends, epoch milliseconds; null = never. */
  readonly credentialEndsAtMs: number | null;
  /** Whether it was given for a token of another issuer. */
  readonly isExchanged: boolean;
}

/** Where a token is for, and what it opens there. */
export interface IssueOrder {
  readonly registryId: string;
  readonly audience: string;
  readonly granted: Granted;
  /** Whether a refresh token is wanted too. */
  readonly isOffline: boolean;
  /** The refresh token that was presented: it is answered again, never replaced, because Docker's clients keep one. */
  readonly presentedRefreshToken: string | null;
}

/** In characters. Node and most proxies take 16 KiB of headers in all, and others want to be among them. */
const maxTokenLength = 8 * 1024;

/** Makes and signs access tokens, and the refresh tokens that go with them. */
@Injectable()
export class AccessTokenIssuer {
  constructor(
    private readonly signer: ActiveSigner,
    private readonly refreshTokens: RefreshTokens,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * @throws AppError 'unavailable' while there is no signing key; 'malformed' with code `invalid_scope` when the token would
   *   be longer than what servers accept in a header
   */
  issue(credential: ProvenCredential, order: IssueOrder): IssuedToken {
    const { registryId, audience, granted } = order;
    const claims = accessTokenClaims(credential, {
      issuer: this.settings.publicUrl,
      audience,
      registryId,
      access: granted.access,
      grants: granted.grants,
      endsAtMs: granted.endsAtMs,
      nowMs: this.clock(),
      lifetimeSeconds: jittered(this.settings.accessTokenSeconds, Math.random()),
    });
    const token = this.signer.current.sign('access', claims);
    if (token.length > maxTokenLength) {
      const message = 'the token for so many repositories would be too long: ask for fewer at once';
      throw new AppError({ kind: 'malformed', code: 'invalid_scope', message });
    }
    return {
      token,
      expiresInSeconds: claims.exp - claims.iat,
      issuedAtMs: claims.iat * 1000,
      access: granted.access,
      refreshToken: order.isOffline ? (order.presentedRefreshToken ?? this.refreshTokenOf(credential, order)) : null,
      credentialEndsAtMs: credential.endsAtMs,
      isExchanged: principalKindOf(credential.principal.ref) === 'workload',
    };
  }

  private refreshTokenOf(credential: ProvenCredential, { registryId, audience }: IssueOrder): string | null {
    const { principal, name, slot, apiKeyId, renewableVersion, endsAtMs } = credential;
    if (renewableVersion === null) return null;
    const iat = secondsOf(this.clock());
    const end = iat + this.settings.refreshTokenSeconds;
    return this.refreshTokens.issue({
      sub: principal.ref,
      name,
      acct: principal.account,
      rid: registryId,
      aud: audience,
      ...(slot === null ? {} : { slot }),
      ...(apiKeyId === null ? {} : { key: apiKeyId }),
      ver: renewableVersion,
      iat,
      exp: endsAtMs === null ? end : Math.min(end, secondsOf(endsAtMs)),
      jti: randomUUID(),
    });
  }
}
