import { parseActionLine } from '@berth/access';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { principalRef, type PrincipalRef } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionsCopy } from './definitions-copy.js';
import { ownUserId } from './own-user.js';
import { RegistryAccess, type Authorized } from './registry-access.js';
import { noSuchToken, TOKEN_STORE, type RepositoryToken, type TokenStore } from './repository-token.js';
import { linesOf, type RepositoryRights } from './scope-map-choice.js';

/** A person who does something with a token of their own. */
export interface OwnAuthority {
  readonly owner: PrincipalRef;
  readonly by: Authorized;
}

/** What a person's own token is to be called and to give, and where. */
export interface OwnWish {
  /** The registry's name. */
  readonly registry: string;
  readonly name: string;
  readonly repositories: readonly RepositoryRights[];
}

/** The tokens that a person owns, and their right to do with them as they like. */
@Injectable()
export class OwnTokens {
  constructor(
    private readonly definitions: DefinitionsCopy,
    private readonly access: RegistryAccess,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'malformed' with code `invalid-repositories`, 'denied' with code `not-a-user`, or `not-held` when the caller
   *   doesn't hold all rights (with an entry in the audit log); 'not-found' when the caller's account has no such registry
   */
  async authority(caller: Caller, { registry: registryName, name, repositories }: OwnWish): Promise<OwnAuthority> {
    const owner = ownerOf(caller);
    const by = { caller, action: 'tokens/write', resourceName: name, decidedBy: null } as const;
    const lines = linesOf(repositories).map(parseActionLine);
    const registry = await this.access.requireOwn(caller, { ...by, registry: registryName }, lines);
    return { owner, by: { ...by, registry } };
  }

  /** By id, at most `limit`, behind the id `after`. @throws AppError 'denied', 'unavailable' without Postgres */
  async page(caller: Caller, page: { readonly after: string | null; readonly limit: number }) {
    const owner = ownerOf(caller);
    await this.definitions.refresh();
    return this.tokens.owned(this.db, { account: caller.account, owner, ...page });
  }

  /**
   * Changes a token of the caller's own in one transaction, in which nobody else does.
   *
   * @throws AppError 'denied', 'not-found', 'unavailable' without Postgres
   */
  async change(
    caller: Caller,
    id: string,
    change: (tx: Transaction, by: Authorized, before: RepositoryToken) => Promise<void>,
  ): Promise<void> {
    const owner = ownerOf(caller);
    await this.definitions.refresh();
    await this.db.transaction(async (tx) => {
      const before = await this.tokens.lockOwned(tx, { account: caller.account, owner, id });
      const registry = before === null ? null : this.definitions.view.registry(before.registryId);
      if (before === null || registry === null) throw noSuchToken();
      const by = { caller, registry, action: 'tokens/delete', resourceName: before.name, decidedBy: null } as const;
      await change(tx, by, before);
    });
  }
}

function ownerOf(caller: Caller): PrincipalRef {
  return principalRef('user', ownUserId(caller));
}
