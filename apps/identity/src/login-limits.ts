import { requestSource, TokenBuckets, tooManyRequests, type EntryOrigin } from '@berth/http';
import type { PasswordForm } from '@berth/tokens';
import type { Clock } from '@berth/foundation';

/** Limits of one process, each a number of requests in a minute; 0 = none. */
export interface LoginLimitSettings {
  readonly failuresPerSource: number;
  readonly unauthenticatedPerSource: number;
  readonly tokensPerPrincipal: number;
  readonly tokensPerRegistry: number;
}

/** A limit that a proven caller has reached, and when to come again. */
export interface LimitReached {
  readonly reason: 'principal-limit' | 'registry-limit';
  readonly retryAfterSeconds: number;
}

/**
 * How often who may come. Guesses are slowed by where they come from, never by whose name they use: nobody can lock an
 * owner out. A generated secret is looked at before the limit of its source is, so that a right one is never refused for
 * the failures of others at the same address; a password that people choose costs a slow hash, so its source pays first and
 * is paid back when it was right. Only who has proven who they are draws on the buckets of principal and registry.
 *
 * @source Design, data plane, "Rate limits"
 */
export class LoginLimits {
  private readonly failures: TokenBuckets;
  private readonly unauthenticated: TokenBuckets;
  private readonly principals: TokenBuckets;
  private readonly registries: TokenBuckets;

  constructor(limits: LoginLimitSettings, clock: Clock) {
    this.failures = new TokenBuckets({ perMinute: limits.failuresPerSource, clock });
    this.unauthenticated = new TokenBuckets({ perMinute: limits.unauthenticatedPerSource, clock });
    this.principals = new TokenBuckets({ perMinute: limits.tokensPerPrincipal, clock });
    this.registries = new TokenBuckets({ perMinute: limits.tokensPerRegistry, clock, mostBuckets: 10_000 });
  }

  /** Of a request without a credential. @throws AppError 'rate-limited' */
  admitUnauthenticated({ address }: EntryOrigin): void {
    const wait = this.unauthenticated.take(requestSource(address));
    if (wait !== null) throw tooManyRequests(wait);
  }

  /** Before a credential is looked at. @param form null = it is no password */
  begin(origin: EntryOrigin, form: PasswordForm | null): LoginAttempt {
    return new LoginAttempt(this.failures, { origin, isPaid: form === 'plain' });
  }

  /** Of who has proven who they are; null = may pass. */
  admit(principal: string, registryId: string): LimitReached | null {
    const ofPrincipal = this.principals.take(principal);
    if (ofPrincipal !== null) return { reason: 'principal-limit', retryAfterSeconds: ofPrincipal };
    const ofRegistry = this.registries.take(registryId);
    return ofRegistry === null ? null : { reason: 'registry-limit', retryAfterSeconds: ofRegistry };
  }
}

/** One credential and the bucket of where it came from, which is looked at only where it matters. */
export class LoginAttempt {
  /** Seconds after which to try again; null = the credential may be looked at. */
  readonly refusedForSeconds: number | null;

  constructor(
    private readonly failures: TokenBuckets,
    private readonly from: { readonly origin: EntryOrigin; readonly isPaid: boolean },
  ) {
    this.refusedForSeconds = from.isPaid ? failures.take(this.source()) : null;
  }

  /** Pays back unless the credential is refused: also when it can't be told, for which nobody here is to blame. */
  async judge<Result extends { readonly kind: 'accepted' | 'refused' }>(check: () => Promise<Result>): Promise<Result> {
    let isRefused = false;
    try {
      const result = await check();
      isRefused = result.kind === 'refused';
      return result;
    } finally {
      if (this.from.isPaid && !isRefused) this.failures.putBack(this.source());
    }
  }

  /** After a refusal: seconds after which to try again if its source has failed too often; null = it is told no more. */
  failed(): number | null {
    return this.from.isPaid ? null : this.failures.take(this.source());
  }

  private source(): string {
    return requestSource(this.from.origin.address);
  }
}
