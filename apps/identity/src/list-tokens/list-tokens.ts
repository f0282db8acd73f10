import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import type { ScopeMap } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionsCopy } from '../definitions-copy.js';
import { systemScopeMapNamed } from '../known-scope-map.js';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { TOKEN_STORE, type RepositoryToken, type TokenStore } from '../repository-token.js';
import { anyToken } from '../token-filter.js';

/** Which of a registry's tokens. */
export interface ListTokensRequest {
  readonly registry: string;
  /** The last name of the page before; null = from the first. */
  readonly after: string | null;
  /** Most tokens to read. */
  readonly limit: number;
  /** The beginning of names; null = any, as below. */
  readonly prefix: string | null;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly status: RepositoryToken['status'] | null;
  /** The name of a scope map. */
  readonly scopeMap: string | null;
}

/** Lists the tokens of a registry, those that fulfil all that is asked for, by name, letters in the order of bytes. */
@Injectable()
export class ListTokens {
  constructor(
    private readonly access: RegistryAccess,
    private readonly definitions: DefinitionsCopy,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found' (registry), 'denied', 'unavailable' without Postgres */
  async execute(caller: Caller, request: ListTokensRequest): Promise<RepositoryToken[]> {
    const { registry, after, limit, prefix, labels, status, scopeMap } = request;
    const by = await this.access.authorize(caller, { registry, action: 'tokens/read', resourceName: registry });
    const registryId = by.registry.id;
    const map = scopeMap === null ? null : this.scopeMapNamed(by, scopeMap);
    // No token has a scope map that isn't there.
    if (scopeMap !== null && map === null) return [];
    const filter = { ...anyToken, prefix, labels, status, scopeMapId: map?.id ?? null };
    return this.tokens.page(this.db, caller.account, { registryId, after, limit, filter });
  }

  private scopeMapNamed({ registry }: Authorized, name: string): ScopeMap | null {
    return systemScopeMapNamed(registry, name) ?? this.definitions.view.scopeMapByName(registry.id, name);
  }
}
