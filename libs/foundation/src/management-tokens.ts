import type { IdentityFollowing } from '@berth/definitions';
import { AppError } from '@berth/errors';
import type { ManagementTokens, RefusedToken } from '@berth/http';
import { TokenVerifier } from '@berth/tokens';
import type { Clock } from './clock.js';

/** What {@link managementTokens} takes beside what it checks against. */
export interface ManagementTokensOptions {
  /** `iss` of every token: the public URL of the installation. */
  readonly issuer: string;
  readonly clock: Clock;
  /** Tells the audit log of a refused token; awaited before the refusal leaves. */
  readonly onRefused?: (refused: RefusedToken) => Promise<void>;
}

/**
 * Checks the management tokens of callers against identity's keys and minima. Until these are known a token can't be
 * checked, which is no refusal of it.
 */
export function managementTokens(
  { state, follower }: Pick<IdentityFollowing, 'state' | 'follower'>,
  { issuer, clock, onRefused }: ManagementTokensOptions,
): ManagementTokens {
  const verifier = new TokenVerifier({ keyOf: (kid) => state.keyOf(kid), issuer, clock });
  return {
    verify: (compact) => {
      if (follower.isReady()) return verifier.verifyManagement(compact);
      throw new AppError({ kind: 'unavailable', message: 'the signing keys are not known yet', retryAfterSeconds: 1 });
    },
    refusedBy: (ver, iatSeconds) => state.refusedBy(ver, iatSeconds),
    ...(onRefused === undefined ? {} : { onRefused }),
  };
}
