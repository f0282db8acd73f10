import type { AccessClaims } from '@berth/contracts';
import { IdentityFollowing, PolicyFollowing, RegistryFollowing, type DefinitionsView } from '@berth/definitions';
import { AppError } from '@berth/errors';
import { Background, managementTokens, type Runtime } from '@berth/foundation';
import { TokenBuckets, trustedProxies, type InternalKeys, type ReadinessCheck, type ServiceSurface } from '@berth/http';
import type { RepositoryName } from '@berth/oci';
import { systemScopeMap } from '@berth/policy-engine';
import { TokenVerifier } from '@berth/tokens';
import { Injectable } from '@nestjs/common';
import type { RegistryConfig } from './config.js';
import { DataPlaneAccess, type TokenTrust } from './data-plane-access.js';
import { RegistryGate } from './data-plane-gate.js';
import { ManagementReport } from './management-report.js';
import { EndedRegistries } from './ended-registries.js';
import { RegistryDirectory, type RegistryDefinitions } from './registry-directory.js';
import { Report } from './report.js';
import { UseLimits } from './use-limits.js';

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
  const { policy } = readiness.followed;
  const trusted = { internalKeys: keys, proxies: trustedProxies(config.BERTH_TRUSTED_PROXIES) };
  const names = { loginServers: config.BERTH_LOGIN_SERVERS, defaultRegistry: config.BERTH_DEFAULT_REGISTRY };
  const dataPlaneGate = new RegistryGate({
    trusted,
    directory: new RegistryDirectory(names, registryDefinitions(policy)),
    access: new DataPlaneAccess({
      tokens: tokenTrust(runtime, readiness.followed),
      uses: new UseLimits(policy.view, clock),
      report: readiness.report,
      realm: config.BERTH_TOKEN_REALM,
      badTokens: new TokenBuckets({ perMinute: config.BERTH_LIMIT_BAD_TOKENS_PER_SOURCE, clock }),
    }),
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

function registryDefinitions(policy: PolicyFollowing): RegistryDefinitions {
  const ended = new EndedRegistries(policy);
  return {
    registryByName: (name) => policy.view.registryByName(name),
    isDeleted: (name) => ended.has(name),
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
const otherGrants = /^(?:role-assignment|access-policy|enforcement|account-definitions):/;

/**
 * Only a scope map that is bound by nothing says it all: what else a principal with roles holds is not in its token, nor
 * what an owner takes off it. Who is asked to come with more must get it.
 */
function scopeMapCovers(view: DefinitionsView, { ver, acct }: AccessClaims, name: RepositoryName): boolean {
  const refs = Object.keys(ver);
  const ref = refs.find((each) => each.startsWith(scopeMapPrefix));
  if (ref === undefined || refs.some((each) => otherGrants.test(each))) return false;
  const id = ref.slice(scopeMapPrefix.length);
  const map = systemScopeMap(id, acct) ?? view.scopeMap(id);
  if (map === null || map.conditions.length > 0) return false;
  return map.index.covers({ pattern: name, action: 'content/read' });
}
