import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import type { ScopeMap } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { requireNotPersonal } from '../personal-token.js';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { noSuchToken, TOKEN_STORE, type RepositoryToken, type TokenStore } from '../repository-token.js';
import { givesMore, TokenChanges, type TokenWish } from '../token-changes.js';
import { TokenChoice } from '../token-choice.js';
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
    private readonly choice: TokenChoice,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly changes: TokenChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found' (registry, token), 'denied' (may not write tokens, or the token would get more than the
   *   caller holds), 'malformed' with code `unknown-scope-map` or `unknown-principal`, 'conflict' with code `personal-token`
   *   when more than the status of somebody's own is to change, 'unavailable' (Postgres, or policy where only it knows)
   */
  async execute(caller: Caller, { registry, name, patch }: PatchTokenRequest): Promise<RepositoryToken> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/write', resourceName: name });
    const known = await this.tokens.find(this.db, caller.account, { registryId: by.registry.id, name });
    if (known === null) throw noSuchToken();
    if (changesMoreThanStatus(patch)) requireNotPersonal(known);
    const map = await this.choice.scopeMap(by, patch);
    await this.choice.owner(by, patch.objectId ?? null);
    return this.db.transaction((tx) => this.patch(tx, by, { patch, map }));
  }

  private async patch(
    tx: Transaction,
    by: Authorized,
    { patch, map }: { patch: TokenPatch; map: ScopeMap | null },
  ): Promise<RepositoryToken> {
    const key = { registryId: by.registry.id, name: by.resourceName };
    const before = await this.tokens.lock(tx, by.caller.account, key);
    if (before === null) throw noSuchToken();
    if (changesMoreThanStatus(patch)) requireNotPersonal(before);
    const wish: TokenWish = {
      scopeMapId: map?.id ?? before.scopeMapId,
      status: patch.status ?? before.status,
      expiresAtMs: patch.expiresAt === undefined ? before.expiresAtMs : msOf(patch.expiresAt),
      labels: patch.labels ?? before.labels,
      owner: patch.objectId === undefined ? before.owner : patch.objectId,
    };
    if (givesMore(before, wish)) await this.access.requireHeld(by, this.choice.scopeMapOf({ ...before, ...wish }));
    return this.changes.update(tx, by, { before, wish });
  }
}

function changesMoreThanStatus(patch: TokenPatch): boolean {
  return Object.entries(patch).some(([part, wished]) => part !== 'status' && wished !== undefined);
}
