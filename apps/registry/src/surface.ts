import { IdentityFollowing, PolicyFollowing } from '@berth/definitions';
import { AppError } from '@berth/errors';
import { Background, type Runtime } from '@berth/foundation';
import { trustedProxies, type InternalKeys, type ReadinessCheck, type ServiceSurface } from '@berth/http';
import { TokenVerifier } from '@berth/tokens';
import { Injectable } from '@nestjs/common';
import type { RegistryConfig } from './config.js';
import { DataPlaneAccess, type TokenTrust } from './data-plane-access.js';
import { RegistryGate } from './data-plane-gate.js';
import { RegistryDirectory } from './registry-directory.js';
import { Report } from './report.js';

/** What the registry's readiness depends on, and what it lets requests in by. */
@Injectable()
export class Readiness {
  constructor(
    readonly policy: PolicyFollowing,
    readonly identity: IdentityFollowing,
    readonly report: Report,
    private readonly background: Background,
  ) {}

  /** Whether tokens can be judged: keys, minima and definitions are known. */
  isReady(): boolean {
    return this.policy.follower.isReady() && this.identity.follower.isReady();
  }

  readiness(): readonly ReadinessCheck[] {
    return [
      { name: 'definitions', isReady: this.policy.follower.isReady() },
      { name: 'keys-and-minima', isReady: this.identity.follower.isReady() },
      ...this.background.checks(),
    ];
  }
}

/** What libs/http asks of this service. */
export function surfaceOf(runtime: Runtime<RegistryConfig>, keys: InternalKeys, readiness: Readiness): ServiceSurface {
  const { config, logger, metrics } = runtime;
  const trusted = { internalKeys: keys, proxies: trustedProxies(config.BERTH_TRUSTED_PROXIES) };
  const names = { loginServers: config.BERTH_LOGIN_SERVERS, defaultRegistry: config.BERTH_DEFAULT_REGISTRY };
  const dataPlaneGate = new RegistryGate({
    trusted,
    directory: new RegistryDirectory(names, readiness.policy.view),
    access: new DataPlaneAccess(tokenTrust(runtime, readiness.identity), readiness.report, config.BERTH_TOKEN_REALM),
    isReady: () => readiness.isReady(),
  });
  return { logger, metrics, trusted, dataPlaneGate, readiness: () => readiness.readiness() };
}

function tokenTrust({ config, clock }: Runtime<RegistryConfig>, { state }: IdentityFollowing): TokenTrust {
  const verifier = new TokenVerifier({ keyOf: (kid) => state.keyOf(kid), issuer: config.BERTH_PUBLIC_URL, clock });
  return {
    verifyAccess: (compact, audience) => {
      if (state.hasKey) return verifier.verifyAccess(compact, audience);
      throw new AppError({ kind: 'unavailable', message: 'no public key is known yet', retryAfterSeconds: 2 });
    },
    refusedBy: (ver, iatSeconds) => state.refusedBy(ver, iatSeconds),
  };
}
