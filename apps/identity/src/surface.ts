import { IdentityFollowing, PolicyFollowing, RegistryFollowing } from '@berth/definitions';
import { Background, managementTokens, type Runtime } from '@berth/foundation';
import type { ReadinessCheck, ServiceSurface, TrustedHops } from '@berth/http';
import { Injectable } from '@nestjs/common';
import type { IdentityConfig } from './config.js';
import type { Report } from './report.js';

/** What identity's readiness depends on, and what is worth knowing beside it. */
@Injectable()
export class Readiness {
  constructor(
    readonly identity: IdentityFollowing,
    private readonly policy: PolicyFollowing,
    private readonly registry: RegistryFollowing,
    private readonly background: Background,
  ) {}

  checks(): readonly ReadinessCheck[] {
    return [
      { name: 'definitions', isReady: this.policy.follower.isReady() },
      { name: 'keys-and-minima', isReady: this.identity.follower.isReady() },
      // Told of, no more: the registry may be away, and tokens are issued all the same.
      { name: 'deletions', isReady: true, detail: this.registry.follower.isReady() ? '' : 'not read to the end yet' },
      ...this.background.checks(),
    ];
  }
}

/** What libs/http asks of this service. */
export function surfaceOf(
  { config, logger, metrics, clock }: Runtime<IdentityConfig>,
  trusted: TrustedHops,
  { readiness, report }: { readonly readiness: Readiness; readonly report: Report },
): ServiceSurface {
  return {
    logger,
    metrics,
    trusted,
    readiness: () => readiness.checks(),
    managementTokens: managementTokens(readiness.identity, {
      issuer: config.BERTH_PUBLIC_URL,
      clock,
      onRefused: ({ address, userAgent, traceId, reason }) =>
        report.managementTokenRefused({ address, userAgent, traceId }, reason),
    }),
  };
}
