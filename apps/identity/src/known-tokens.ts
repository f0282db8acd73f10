import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { RegistryAccess, type Authorized } from './registry-access.js';
import { noSuchToken, TOKEN_STORE, type RepositoryToken, type TokenStore } from './repository-token.js';
import { ScopeMapChoice } from './scope-map-choice.js';

/** Which token somebody wants to do something with. */
export interface TokenAttempt {
  readonly registry: string;
  readonly name: string;
}

/** Finds the token of a call and decides whether its caller may. */
@Injectable()
export class KnownTokens {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found' (registry, token), 'denied', 'unavailable' without Postgres */
  async read(caller: Caller, { registry, name }: TokenAttempt): Promise<RepositoryToken> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/read', resourceName: name });
    const token = await this.tokens.find(this.db, caller.account, { registryId: by.registry.id, name });
    if (token === null) throw noSuchToken();
    return token;
  }

  /** Changes a token in one transaction, in which nobody else does. @throws as {@link read}, and what `change` throws */
  async change<Result>(
    caller: Caller,
    { registry, name }: TokenAttempt,
    change: (tx: Transaction, by: Authorized, token: RepositoryToken) => Promise<Result>,
  ): Promise<Result> {
    const by = await this.access.authorize(caller, { registry, action: 'tokens/write', resourceName: name });
    return this.db.transaction(async (tx) => {
      const token = await this.tokens.lock(tx, caller.account, { registryId: by.registry.id, name });
      if (token === null) throw noSuchToken();
      return change(tx, by, token);
    });
  }

  /** Whoever gives somebody the means to act as a token must hold all that it has. @throws AppError 'denied' */
  async requireHeld(by: Authorized, token: RepositoryToken): Promise<void> {
    await this.access.requireHeld(by, this.scopeMaps.of(token));
  }
}
