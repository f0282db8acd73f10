import type { AccessClaims } from '@berth/contracts';
import { IdentityFollowing, PolicyFollowing, RegistryFollowing, type DefinitionsView } from '@berth/definitions';
import { AppError } from '@berth/errors';
import { Background, managementTokens, type Runtime } from '@berth/foundation';
import { trustedProxies, type InternalKeys, type ReadinessCheck, type ServiceSurface } from '@berth/http';
import type { RepositoryName } from '@berth/oci';
import { TokenVerifier } from '@berth/tokens';
import { Injectable } from '@nestjs/common';
import type { RegistryConfig } from './config.js';
import { DataPlaneAccess, type TokenTrust } from './data-plane-access.js';
import { RegistryGate } from './data-plane-gate.js';
import { ManagementReport } from './management-report.js';
import { RegistryDirectory } from './registry-directory.js';
import { Report } from './report.js';

/** The copies by which tokens are judged. */
@Injectable()
export class FollowedOwners {
  constructor(
    readonly policy: PolicyFollowing,
    readonly identity: IdentityFollowing,
    readonly deletions: RegistryFollowing,
  ) {}
}

/** What the registry's readiness depends on, and what it lets requests in by. */
@Injectable()
export class Readiness {
  constructor(
    readonly followed: FollowedOwners,
    readonly report: Report,
    readonly managementReport: ManagementReport,
    private readonly background: Background,
  ) {}

  /** Whether tokens can be judged: keys, minima and definitions are known. */
  isReady(): boolean {
    const { policy, identity, deletions } = this.followed;
    return [policy, identity, deletions].every(({ follower }) => follower.isReady());
  }

  readiness(): readonly ReadinessCheck[] {
    const { policy, identity, deletions } = this.followed;
    return [
      { name: 'definitions', isReady: policy.follower.isReady() },
      { name: 'keys-and-minima', isReady: identity.follower.isReady() },
      { name: 'deletions', isReady: deletions.follower.isReady() },
      ...this.background.checks(),
    ];
  }
}

/** What libs/http asks of this service. */
export function surfaceOf(runtime: Runtime<RegistryConfig>, keys: InternalKeys, readiness: Readiness): ServiceSurface {
  const { config, logger, metrics, clock } = runtime;
  const trusted = { internalKeys: keys, proxies: trustedProxies(config.BERTH_TRUSTED_PROXIES) };
  const names = { loginServers: config.BERTH_LOGIN_SERVERS, defaultRegistry: config.BERTH_DEFAULT_REGISTRY };
  const dataPlaneGate = new RegistryGate({
    trusted,
    directory: new RegistryDirectory(names, readiness.followed.policy.view),
    access: new DataPlaneAccess(tokenTrust(runtime, readiness.followed), readiness.report, config.BERTH_TOKEN_REALM),
    isReady: () => readiness.isReady(),
  });
  const managed = managementTokens(readiness.followed.identity, {
    issuer: config.BERTH_PUBLIC_URL,
    clock,
    onRefused: (refused) => readiness.managementReport.tokenRefused(refused),
  });
  return {
    ...{ logger, metrics, trusted, dataPlaneGate, managementTokens: managed },
    readiness: () => readiness.readiness(),
  };
}

function tokenTrust(
  { config, clock }: Runtime<RegistryConfig>,
  { identity, deletions, policy }: FollowedOwners,
): TokenTrust {
  const { state } = identity;
  const verifier = new TokenVerifier({ keyOf: (kid) => state.keyOf(kid), issuer: config.BERTH_PUBLIC_URL, clock });
  return {
    verifyAccess: (compact, audience) => {
      if (state.hasKey) return verifier.verifyAccess(compact, audience);
      throw new AppError({ kind: 'unavailable', message: 'no public key is known yet', retryAfterSeconds: 2 });
    },
    verifyLapsedAccess: (compact, audience) => verifier.verifyLapsedAccess(compact, audience),
    refusedBy: (ver, iatSeconds) => state.refusedBy(ver, iatSeconds),
    isOutdated: (registryId, entry, iatSeconds) => deletions.deletions.isOutdated(registryId, entry, iatSeconds),
    couldRead: (claims, name) => scopeMapCovers(policy.view, claims, name),
  };
}

const scopeMapPrefix = 'scope-map:';

/** Only a scope map says it all: what else a principal with roles holds is not in its token. */
function scopeMapCovers(view: DefinitionsView, { ver }: AccessClaims, name: RepositoryName): boolean {
  return Object.keys(ver).some((ref) => {
    const map = ref.startsWith(scopeMapPrefix) ? view.scopeMap(ref.slice(scopeMapPrefix.length)) : null;
    return map?.index.covers({ pattern: name, action: 'content/read' }) ?? false;
  });
}
