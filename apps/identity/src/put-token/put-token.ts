import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import type { ScopeMap } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { TOKEN_STORE, type RepositoryToken, type TokenStore } from '../repository-token.js';
import { ScopeMapChoice } from '../scope-map-choice.js';
import { TokenChanges, type TokenWish } from '../token-changes.js';
import { msOf, type WholeToken } from '../token-fields.js';

/** What a token is to be, and where. */
export interface PutTokenRequest {
  readonly registry: string;
  readonly name: string;
  readonly token: WholeToken;
}

/** Creates a token, or makes the one of that name what was asked for. The same request twice changes nothing more. */
@Injectable()
export class PutToken {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly changes: TokenChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found' (registry), 'denied' (may not write tokens, or doesn't hold all that the scope map
   *   gives), 'malformed' with code `unknown-scope-map`, 'unavailable' (Postgres, or policy where only it knows)
   */
  async execute(
    caller: Caller,
    { registry, name, token: asked }: PutTokenRequest,
  ): Promise<{ token: RepositoryToken; isNew: boolean }> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/write', resourceName: name });
    const map = await this.chooseMap(by, asked);
    await this.access.requireHeld(by, map);
    const wish = { scopeMapId: map.id, status: asked.status, expiresAtMs: msOf(asked.expiresAt), labels: asked.labels };
    return this.db.transaction((tx) => this.put(tx, by, wish));
  }

  private chooseMap({ caller, registry, resourceName }: Authorized, asked: WholeToken): Promise<ScopeMap> {
    const { scopeMap, repositories } = asked;
    if (scopeMap !== undefined) return this.scopeMaps.named(registry, scopeMap);
    return this.scopeMaps.made(caller, registry, { token: resourceName, rights: repositories ?? [] });
  }

  private async put(
    tx: Transaction,
    by: Authorized,
    wish: TokenWish,
  ): Promise<{ token: RepositoryToken; isNew: boolean }> {
    const key = { registryId: by.registry.id, name: by.resourceName };
    const before = await this.tokens.lock(tx, by.caller.account, key);
    if (before !== null) return { token: await this.changes.update(tx, by, { before, wish }), isNew: false };
    const created = await this.changes.create(tx, by, wish);
    if (created !== null) return { token: created, isNew: true };
    // Somebody else created it between the two statements: theirs is the one to change.
    return this.put(tx, by, wish);
  }
}
