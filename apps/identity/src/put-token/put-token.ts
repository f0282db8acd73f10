import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { requireNotPersonal } from '../personal-token.js';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { TOKEN_STORE, type RepositoryToken, type TokenStore } from '../repository-token.js';
import { TokenChanges, type TokenWish } from '../token-changes.js';
import { TokenChoice } from '../token-choice.js';
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
    private readonly choice: TokenChoice,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly changes: TokenChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'not-found' (registry), 'denied' (may not write tokens, or doesn't hold all that the scope map
   *   gives), 'malformed' with code `unknown-scope-map` or `unknown-principal`, 'conflict' with code `personal-token` for
   *   somebody's own, 'unavailable' (Postgres, or policy where only it knows)
   */
  async execute(
    caller: Caller,
    { registry, name, token: asked }: PutTokenRequest,
  ): Promise<{ token: RepositoryToken; isNew: boolean }> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/write', resourceName: name });
    const known = await this.tokens.find(this.db, caller.account, { registryId: by.registry.id, name });
    if (known !== null) requireNotPersonal(known);
    const map = await this.choice.newScopeMap(by, asked);
    await this.access.requireHeld(by, map);
    const { status, labels, expiresAt, objectId } = asked;
    const owner = await this.choice.owner(by, objectId);
    const wish = { scopeMapId: map.id, status, expiresAtMs: msOf(expiresAt), labels, owner };
    return this.db.transaction((tx) => this.put(tx, by, wish));
  }

  private async put(
    tx: Transaction,
    by: Authorized,
    wish: TokenWish,
  ): Promise<{ token: RepositoryToken; isNew: boolean }> {
    const key = { registryId: by.registry.id, name: by.resourceName };
    const before = await this.tokens.lock(tx, by.caller.account, key);
    if (before !== null) {
      requireNotPersonal(before);
      return { token: await this.changes.update(tx, by, { before, wish }), isNew: false };
    }
    const created = await this.changes.create(tx, by, { ...wish, isPersonal: false });
    if (created !== null) return { token: created, isNew: true };
    // Somebody else created it between the two statements: theirs is the one to change.
    return this.put(tx, by, wish);
  }
}
