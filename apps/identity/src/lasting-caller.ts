import { managementClaims, type ManagementClaims } from '@berth/contracts';
import { AccessState } from '@berth/definitions';
import { AppError } from '@berth/errors';
import { CLOCK, secondsOf, type Clock } from '@berth/foundation';
import type { Caller } from '@berth/http';
import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { ActiveSigner } from './active-signer.js';

/** A token that still lives this long is used as it is. */
const enoughSeconds = 30;

/**
 * Keeps a caller a caller for longer than a management token lives, for a request that takes minutes. Whoever is taken
 * away meanwhile is refused as with every other request; the new token says nothing that the first did not, and ends with
 * the credential at the latest.
 */
@Injectable()
export class LastingCallers {
  constructor(
    private readonly signer: ActiveSigner,
    private readonly state: AccessState,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The same caller, with a token that lives on.
   *
   * @throws AppError 'unauthenticated' when what the caller was recognised by was taken away since, or has ended
   */
  again(caller: Caller): Caller {
    const claims = claimsOf(caller.token);
    if (this.state.refusedBy(claims.ver, claims.iat) !== null) {
      throw new AppError({ kind: 'unauthenticated', code: 'unauthenticated', message: 'the caller was taken away' });
    }
    const now = secondsOf(this.clock());
    if (claims.exp - now >= enoughSeconds) return caller;
    const end = claims.end ?? Number.POSITIVE_INFINITY;
    if (end <= now) {
      throw new AppError({ kind: 'unauthenticated', code: 'unauthenticated', message: 'the credential has ended' });
    }
    const exp = Math.min(now + (claims.exp - claims.iat), end);
    const token = this.signer.current.sign('management', { ...claims, iat: now, nbf: now, exp, jti: randomUUID() });
    return { ...caller, token };
  }
}

/** The guard has checked the token; here it is only read again. */
function claimsOf(token: string): ManagementClaims {
  const [, payload = ''] = token.split('.');
  return managementClaims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
}
