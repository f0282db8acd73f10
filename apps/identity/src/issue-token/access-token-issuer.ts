import { AppError } from '@berth/errors';
import { Inject, Injectable } from '@nestjs/common';
import { ActiveSigner } from '../active-signer.js';
import { CLOCK, type Clock } from '@berth/foundation';
import { SETTINGS, type Settings } from '../settings.js';
import { accessTokenClaims, jittered, type ProvenCredential } from './access-token.js';
import type { Granted } from './grant-access.js';

/** A signed access token, and what its holder is told about it. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
  readonly issuedAtMs: number;
}

/** In characters. Node and most proxies take 16 KiB of headers in all, and others want to be among them. */
const maxTokenLength = 8 * 1024;

/** Makes and signs access tokens. */
@Injectable()
export class AccessTokenIssuer {
  constructor(
    private readonly signer: ActiveSigner,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * @throws AppError 'unavailable' while there is no signing key; 'malformed' with code `invalid_scope` when the token would
   *   be longer than what servers accept in a header
   */
  issue(
    credential: ProvenCredential,
    { registryId, audience, granted }: { registryId: string; audience: string; granted: Granted },
  ): IssuedToken {
    const nowMs = this.clock();
    const claims = accessTokenClaims(credential, {
      issuer: this.settings.publicUrl,
      audience,
      registryId,
      access: granted.access,
      grants: granted.grants,
      nowMs,
      lifetimeSeconds: jittered(this.settings.accessTokenSeconds, Math.random()),
    });
    const token = this.signer.current.sign('access', claims);
    if (token.length > maxTokenLength) {
      const message = 'the token for so many repositories would be too long: ask for fewer at once';
      throw new AppError({ kind: 'malformed', code: 'invalid_scope', message });
    }
    return { token, expiresInSeconds: claims.exp - claims.iat, issuedAtMs: claims.iat * 1000 };
  }
}
