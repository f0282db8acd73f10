import { parseHostPort } from './addresses.js';
import { parseList, setting } from './setting.js';

/** Names of registries and the login servers (`host[:port]`, lower case) that clients know them by; one to one. */
export interface LoginServers {
  /** By name of the registry. */
  readonly byRegistry: ReadonlyMap<string, string>;
  /** By login server: what a request's `Host` is looked up in. */
  readonly byLoginServer: ReadonlyMap<string, string>;
}

/** `local=localhost:5000,ci=ci.registry.example.com`. A name or a login server that is there twice is refused. */
export const loginServers = setting(
  'different <registry>=<host[:port]> pairs, such as local=localhost:5000',
  (text): LoginServers | undefined => {
    const pairs = parseList(text, parsePair);
    if (pairs === undefined) return undefined;
    const byRegistry = new Map(pairs);
    const byLoginServer = new Map(pairs.map(([name, server]) => [server, name]));
    const isOneToOne = byRegistry.size === pairs.length && byLoginServer.size === pairs.length;
    return isOneToOne ? { byRegistry, byLoginServer } : undefined;
  },
);

function parsePair(text: string): readonly [string, string] | undefined {
  const [name = '', server = '', ...rest] = text.toLowerCase().split('=');
  const isServer = /^[a-z0-9.-]+$/.test(server) || parseHostPort(server, 1) !== undefined;
  return /^[a-z0-9][a-z0-9-]{0,49}$/.test(name) && isServer && rest.length === 0 ? [name, server] : undefined;
}
