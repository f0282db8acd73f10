import { IdentityFollowing } from '@berth/definitions';
import { Background, managementTokens, type Runtime } from '@berth/foundation';
import { trustedProxies, type InternalKeys, type ReadinessCheck, type ServiceSurface } from '@berth/http';
import { Injectable } from '@nestjs/common';
import type { PolicyConfig } from './config.js';
import type { Report } from './report.js';

/** What policy's readiness depends on, and what is worth knowing beside it. */
@Injectable()
export class Readiness {
  constructor(
    readonly identity: IdentityFollowing,
    private readonly background: Background,
  ) {}

  checks(): readonly ReadinessCheck[] {
    return [{ name: 'keys-and-minima', isReady: this.identity.follower.isReady() }, ...this.background.checks()];
  }
}

/** What libs/http asks of this service. */
export function surfaceOf(
  { config, logger, metrics, clock }: Runtime<PolicyConfig>,
  keys: InternalKeys,
  { readiness, report }: { readonly readiness: Readiness; readonly report: Report },
): ServiceSurface {
  return {
    logger,
    metrics,
    trusted: { internalKeys: keys, proxies: trustedProxies(config.BERTH_TRUSTED_PROXIES) },
    readiness: () => readiness.checks(),
    managementTokens: managementTokens(readiness.identity, {
      issuer: config.BERTH_PUBLIC_URL,
      clock,
      onRefused: (refused) => report.tokenRefused(refused),
    }),
  };
}
