import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { principalRef, type PrincipalRef } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionsCopy } from './definitions-copy.js';
import { NamedDefinitions } from './named-definitions.js';
import { ownUserId } from './own-user.js';
import type { Authorized } from './registry-access.js';
import { noSuchToken, TOKEN_STORE, type RepositoryToken, type TokenStore } from './repository-token.js';

/** A person who does something with a token of their own. */
export interface OwnAuthority {
  readonly owner: PrincipalRef;
  readonly by: Authorized;
}

/** The tokens that a person owns, and their right to do with them as they like. */
@Injectable()
export class OwnTokens {
  constructor(
    private readonly definitions: DefinitionsCopy,
    private readonly named: NamedDefinitions,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'denied' with code `not-a-user`, 'not-found' when the caller's account has no such registry */
  async authority(
    caller: Caller,
    { registry: registryName, name }: { readonly registry: string; readonly name: string },
  ): Promise<OwnAuthority> {
    const owner = ownerOf(caller);
    const registry = await this.named.registry(registryName);
    if (registry === null || registry.account !== caller.account || registry.status !== 'active') {
      throw new AppError({ kind: 'not-found', code: 'unknown-registry', message: 'there is no such registry' });
    }
    return { owner, by: { caller, registry, action: 'tokens/write', resourceName: name, decidedBy: null } };
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
