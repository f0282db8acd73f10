import { definitionAnswer, type ScopeMapDefinition } from '@berth/contracts';
import { AppError, isAppError } from '@berth/errors';
import type { Caller, InternalClient } from '@berth/http';
import { z } from 'zod';
import type { PolicyClient, ScopeMapName } from './policy-client.js';

/** {@link PolicyClient} over policy's own port. */
export class PolicyOverHttp implements PolicyClient {
  constructor(private readonly client: InternalClient) {}

  async scopeMap({ registry, name }: ScopeMapName): Promise<ScopeMapDefinition | null> {
    const query = new URLSearchParams({ registry: registry.id, name });
    try {
      const path = `/internal/definitions/scope-map?${query.toString()}`;
      const { definition } = await this.client.getJson(path, { schema: definitionAnswer });
      if (definition.kind === 'scope-map') return definition;
    } catch (e) {
      if (isAppError(e) && e.kind === 'not-found') return null;
      throw e;
    }
    throw new AppError({ kind: 'bug', message: 'policy answered with something else than a scope map' });
  }

  async putScopeMap(caller: Caller, { registry, name }: ScopeMapName, actions: readonly string[]): Promise<void> {
    const path = `/api/v1/registries/${encodeURIComponent(registry.name)}/scope-maps/${encodeURIComponent(name)}`;
    const body = { actions };
    await this.client.sendJson({ method: 'PUT', path, body }, { schema: z.unknown(), token: caller.token });
  }
}
