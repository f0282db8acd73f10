import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import type { ScopeMap } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { noSuchToken, TOKEN_STORE, type RepositoryToken, type TokenStore } from '../repository-token.js';
import { ScopeMapChoice } from '../scope-map-choice.js';
import { givesMore, TokenChanges, type TokenWish } from '../token-changes.js';
import { msOf, type TokenPatch } from '../token-fields.js';

/** What is to change of which token. */
export interface PatchTokenRequest {
  readonly registry: string;
  readonly name: string;
  readonly patch: TokenPatch;
}

/** Changes some of a token and leaves the rest. */
@Injectable()
export class PatchToken {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly changes: TokenChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found' (registry, token), 'denied' (may not write tokens, or the token would get more than the
   *   caller holds), 'malformed' with code `unknown-scope-map`, 'unavailable' (Postgres, or policy where only it knows)
   */
  async execute(caller: Caller, { registry, name, patch }: PatchTokenRequest): Promise<RepositoryToken> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/write', resourceName: name });
    const known = await this.tokens.find(this.db, caller.account, { registryId: by.registry.id, name });
    if (known === null) throw noSuchToken();
    const map = await this.chooseMap(by, patch);
    return this.db.transaction((tx) => this.patch(tx, by, { patch, map }));
  }

  /** Null when the scope map is to stay. */
  private async chooseMap({ caller, registry, resourceName }: Authorized, patch: TokenPatch): Promise<ScopeMap | null> {
    const { scopeMap, repositories } = patch;
    if (scopeMap !== undefined) return this.scopeMaps.named(registry, scopeMap);
    if (repositories === undefined) return null;
    return this.scopeMaps.made(caller, registry, { token: resourceName, rights: repositories });
  }

  private async patch(
    tx: Transaction,
    by: Authorized,
    { patch, map }: { patch: TokenPatch; map: ScopeMap | null },
  ): Promise<RepositoryToken> {
    const key = { registryId: by.registry.id, name: by.resourceName };
    const before = await this.tokens.lock(tx, by.caller.account, key);
    if (before === null) throw noSuchToken();
    const wish: TokenWish = {
      scopeMapId: map?.id ?? before.scopeMapId,
      status: patch.status ?? before.status,
      expiresAtMs: patch.expiresAt === undefined ? before.expiresAtMs : msOf(patch.expiresAt),
      labels: patch.labels ?? before.labels,
    };
    if (givesMore(before, wish)) await this.access.requireHeld(by, this.scopeMaps.byId(wish.scopeMapId));
    return this.changes.update(tx, by, { before, wish });
  }
}
