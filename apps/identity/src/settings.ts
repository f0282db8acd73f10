import type { IdentityConfig } from './config.js';

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
}

export const SETTINGS = Symbol('Settings');

export function settingsOf(config: IdentityConfig): Settings {
  return {
    publicUrl: config.BERTH_PUBLIC_URL,
    tokenRealm: config.BERTH_TOKEN_REALM,
    registryNames: config.BERTH_LOGIN_SERVERS.byLoginServer,
    accessTokenSeconds: config.BERTH_ACCESS_TOKEN_SECONDS,
  };
}
