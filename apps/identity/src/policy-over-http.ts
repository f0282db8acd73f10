import {
  personalScopeMapAnswer,
  type AccountEmptied,
  type Definition,
  type ScopeMapDefinition,
} from '@berth/contracts';
import { AppError } from '@berth/errors';
import { findDefinition } from '@berth/foundation';
import type { Caller, InternalClient } from '@berth/http';
import { z } from 'zod';
import type { PolicyClient, ScopeMapName } from './policy-client.js';

/** {@link PolicyClient} over policy's own port. */
export class PolicyOverHttp implements PolicyClient {
  constructor(private readonly client: InternalClient) {}

  async scopeMap({ registry, name }: ScopeMapName): Promise<ScopeMapDefinition | null> {
    const definition = await findDefinition(this.client, 'scope-map', { registry: registry.id, name });
    if (definition === null || definition.kind === 'scope-map') return definition;
    throw new AppError({ kind: 'bug', message: 'policy answered with something else than a scope map' });
  }

  definition(kind: 'account' | 'prohibition' | 'registry', name: string): Promise<Definition | null> {
    return findDefinition(this.client, kind, { name });
  }

  async putScopeMap(caller: Caller, { registry, name }: ScopeMapName, actions: readonly string[]): Promise<void> {
    const path = `/api/v1/registries/${encodeURIComponent(registry.name)}/scope-maps/${encodeURIComponent(name)}`;
    const body = { actions };
    await this.client.sendJson({ method: 'PUT', path, body }, { schema: z.unknown(), token: caller.token });
  }

  async makePersonalScopeMap(
    caller: Caller,
    { name }: ScopeMapName['registry'],
    actions: readonly string[],
  ): Promise<string> {
    const path = `/internal/registries/${encodeURIComponent(name)}/personal-scope-maps`;
    const request = { method: 'POST', path, body: { actions } } as const;
    const call = { schema: personalScopeMapAnswer, token: caller.token };
    return (await this.client.sendJson(request, call)).name;
  }

  async tellAccountEmptied(accountId: string): Promise<void> {
    const body: AccountEmptied = { accountId };
    await this.client.sendJson({ method: 'POST', path: '/internal/account-emptied', body }, { schema: z.unknown() });
  }
}
