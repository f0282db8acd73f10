import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionsCopy } from './definitions-copy.js';
import { SETTINGS, type Settings } from './settings.js';

/** The registries of this installation by the login servers that clients name. */
@Injectable()
export class KnownRegistries {
  constructor(
    private readonly definitions: DefinitionsCopy,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Names of registries by the login servers that are configured here. */
  get loginServers(): ReadonlyMap<string, string> {
    return this.settings.registryNames;
  }

  /** @throws AppError 'unavailable' when the definitions can't be decided from, or don't have it yet */
  at(loginServer: string): RegistryDefinition {
    this.definitions.requireUsable();
    const registry = this.find(loginServer);
    if (registry !== null) return registry;
    const message = 'the registry of this login server is not known yet';
    throw new AppError({ kind: 'unavailable', code: 'unknown-registry', message, retryAfterSeconds: 1 });
  }

  /** As {@link at}, by what is known now; null = nothing is. */
  find(loginServer: string): RegistryDefinition | null {
    const name = this.loginServers.get(loginServer);
    const registry = name === undefined ? null : this.definitions.view.registryByName(name);
    return registry?.status === 'active' ? registry : null;
  }
}
