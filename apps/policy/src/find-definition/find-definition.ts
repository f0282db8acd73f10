import type { Definition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { noSuchRegistry, RegistryStore } from '../registry.js';
import { definitionOf } from '../scope-map-changes.js';
import { PublishedDefinitions } from '../published-definitions.js';
import { noSuchScopeMap, ScopeMapStore } from '../scope-map.js';

/** Which definition another service asks for: a registry by its name, a scope map by its registry's id and its name, any other by its id. */
export interface DefinitionQuestion {
  readonly kind: string;
  readonly registry: string | undefined;
  readonly name: string;
}

/** One definition as it is now, for another service that may not have heard of it yet. */
@Injectable()
export class FindDefinition {
  constructor(
    private readonly db: Database,
    private readonly registries: RegistryStore,
    private readonly scopeMaps: ScopeMapStore,
    private readonly published: PublishedDefinitions,
  ) {}

  /** @throws AppError 'not-found', 'malformed' for a scope map without its registry, 'unavailable' without Postgres */
  async execute({ kind, registry, name }: DefinitionQuestion): Promise<Definition> {
    if (kind === 'registry') return this.registryOf(name);
    if (kind !== 'scope-map') return this.publishedOf(kind, name);
    if (registry === undefined) throw new AppError({ kind: 'malformed', message: 'registry: is needed' });
    const map = await this.scopeMaps.findInAnyAccount(this.db, { registryId: registry, name });
    if (map === null) throw noSuchScopeMap();
    return definitionOf(map);
  }

  private async publishedOf(kind: string, id: string): Promise<Definition> {
    const found = await this.published.find(this.db, kind, id);
    if (found !== null && found.status === 'active') return found;
    throw new AppError({ kind: 'not-found', code: 'unknown-definition', message: 'there is no such definition' });
  }

  private async registryOf(name: string): Promise<Definition> {
    const registry = await this.registries.findInAnyAccount(this.db, name);
    if (registry === null) throw noSuchRegistry();
    return registry;
  }
}
