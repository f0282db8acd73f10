import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Queryable, type Transaction } from '@berth/persistence';
import type { PrincipalRef } from '@berth/policy-engine';
import { generateSecret, hashSecret } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { nameTaken } from '../principal-address.js';
import { OwnTokens } from '../own-tokens.js';
import { PersonalRights } from '../personal-rights.js';
import type { Authorized } from '../registry-access.js';
import { TOKEN_STORE, type RepositoryToken, type TokenStore } from '../repository-token.js';
import type { RepositoryRights } from '../scope-map-choice.js';
import { TokenChanges, type NewToken } from '../token-changes.js';

/** Own tokens of one person, at most. */
const maxPersonalTokens = 1000;

/** What a person's own token is to be, and where. */
export interface PersonalTokenWish {
  readonly registry: string;
  readonly name: string;
  readonly repositories: readonly RepositoryRights[];
  /** Epoch milliseconds, in the future; null = no end. */
  readonly expiresAtMs: number | null;
}

/**
 * Mints a token of the caller's own: a repository token that gives some of what its owner holds, at each log-in as the owner
 * holds it then. No right to write tokens is needed for it. The password is shown in the answer, once.
 */
@Injectable()
export class MintPersonalToken {
  constructor(
    private readonly own: OwnTokens,
    private readonly rights: PersonalRights,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly changes: TokenChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'denied' (the caller is no user, or doesn't hold all of it), 'not-found' (registry), 'malformed' with code
   *   `invalid-repositories`, 'conflict' when the name is taken or there are too many, 'unavailable' (Postgres, policy)
   */
  async execute(caller: Caller, wish: PersonalTokenWish): Promise<{ token: RepositoryToken; password: string }> {
    const { owner, by } = await this.own.authority(caller, wish);
    // Before policy makes a scope map that nothing would use.
    await this.requireRoom(this.db, by, owner);
    const map = await this.rights.scopeMapOf(by, wish.repositories);
    const password = generateSecret('brt');
    const lasting = { status: 'enabled', expiresAtMs: wish.expiresAtMs } as const;
    const made: NewToken = { ...lasting, scopeMapId: map.id, labels: {}, owner, isPersonal: true };
    const token = await this.db.transaction((tx) => this.make(tx, by, { owner, made, sha256: hashSecret(password) }));
    return { token, password };
  }

  private async make(
    tx: Transaction,
    by: Authorized,
    { owner, made, sha256 }: { owner: PrincipalRef; made: NewToken; sha256: Buffer },
  ): Promise<RepositoryToken> {
    await this.tokens.lockMinting(tx, by.registry.account, owner);
    await this.requireRoom(tx, by, owner);
    const token = await this.changes.create(tx, by, made);
    if (token === null) throw nameTaken(by.resourceName);
    return this.changes.setPassword(tx, by, { before: token, password: { slot: 1, sha256, expiresAtMs: null } });
  }

  private async requireRoom(db: Queryable, { registry, resourceName: name }: Authorized, owner: PrincipalRef) {
    const { id: registryId, account } = registry;
    if ((await this.tokens.find(db, account, { registryId, name })) !== null) throw nameTaken(name);
    if ((await this.tokens.countPersonal(db, account, owner)) < maxPersonalTokens) return;
    const message = `a person has at most ${maxPersonalTokens} tokens: delete one that nothing uses`;
    throw new AppError({ kind: 'conflict', code: 'too-many-tokens', message });
  }
}
