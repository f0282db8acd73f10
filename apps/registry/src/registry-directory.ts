import type { LoginServers } from '@berth/config';
import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { AddressedRegistry } from './caller.js';

/** What the directory needs of the copy of policy's definitions. */
export interface RegistryDefinitions {
  registryByName(name: string): RegistryDefinition | null;
  /** Whether the last registry that had the name was deleted. */
  isDeleted(name: string): boolean;
}

/** How registries are found. */
export interface RegistryNames {
  readonly loginServers: LoginServers;
  /** Registry for a `Host` that is nobody's login server; null = such a request is misdirected. */
  readonly defaultRegistry: string | null;
}

/**
 * Which registry a request is addressed to: by exact match of its `Host` with the configured login servers. What is told
 * to clients (challenge, audience) is the configured login server, never the header.
 */
export class RegistryDirectory {
  constructor(
    private readonly names: RegistryNames,
    private readonly definitions: RegistryDefinitions,
  ) {}

  /**
   * @param host the header as sent, undefined = none
   * @throws AppError 'not-found' `misdirected` (421) for a Host of no registry, or of a deleted one; 'unavailable' while the definition of a
   *   configured registry hasn't arrived
   */
  registryOf(host: string | undefined): AddressedRegistry {
    const { loginServers, defaultRegistry } = this.names;
    const name = loginServers.byLoginServer.get(host?.toLowerCase() ?? '') ?? defaultRegistry;
    const loginServer = name === null ? undefined : loginServers.byRegistry.get(name);
    if (name === null || loginServer === undefined) {
      throw misdirected();
    }
    const definition = this.definitions.registryByName(name);
    if (definition === null || definition.status !== 'active') {
      if (this.definitions.isDeleted(name)) throw misdirected();
      throw new AppError({ kind: 'unavailable', message: 'this registry is not known yet', retryAfterSeconds: 2 });
    }
    return { id: definition.id, account: definition.account, loginServer };
  }
}

function misdirected(): AppError {
  return new AppError({ kind: 'not-found', code: 'misdirected', message: 'no registry has this address' });
}
