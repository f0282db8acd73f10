import type { IdentityConfig } from './config.js';
import type { LoginLimitSettings } from './login-limits.js';

/** What use cases need to know of the configuration. */
export interface Settings {
  /** `iss` of every token: the origin that people know the installation by. */
  readonly publicUrl: string;
  /** Address of the token endpoint, as challenges name it. */
  readonly tokenRealm: string;
  /** Names of registries by login server. */
  readonly registryNames: ReadonlyMap<string, string>;
  /** How long an access token lives unless its credential ends earlier. */
  readonly accessTokenSeconds: number;
  /** How long a refresh token lives unless its credential ends earlier. */
  readonly refreshTokenSeconds: number;
  /** Of this process: its part of what the installation lets through. */
  readonly limits: LoginLimitSettings;
}

export const SETTINGS = Symbol('Settings');

export function settingsOf(config: IdentityConfig): Settings {
  return {
    publicUrl: config.BERTH_PUBLIC_URL,
    tokenRealm: config.BERTH_TOKEN_REALM,
    registryNames: config.BERTH_LOGIN_SERVERS.byLoginServer,
    accessTokenSeconds: config.BERTH_ACCESS_TOKEN_SECONDS,
    refreshTokenSeconds: config.BERTH_REFRESH_TOKEN_SECONDS,
    limits: limitsOf(config),
  };
}

/** At least one request of each that is limited: 0 would be no limit. */
function limitsOf(config: IdentityConfig): LoginLimitSettings {
  const part = (limit: number) => (limit === 0 ? 0 : Math.max(1, Math.floor(limit / config.BERTH_REPLICAS)));
  return {
    failuresPerSource: part(config.BERTH_LIMIT_FAILURES_PER_SOURCE),
    unauthenticatedPerSource: part(config.BERTH_LIMIT_UNAUTHENTICATED_PER_SOURCE),
    tokensPerPrincipal: part(config.BERTH_LIMIT_TOKENS_PER_PRINCIPAL),
    tokensPerRegistry: part(config.BERTH_LIMIT_TOKENS_PER_REGISTRY),
  };
}
