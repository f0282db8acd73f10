import { AppError } from '@berth/errors';
import { Database } from '@berth/persistence';
import type { PrincipalRef, ScopeMap } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { PRINCIPAL_STORE, type PrincipalStore } from './principal.js';
import type { Authorized } from './registry-access.js';
import type { RepositoryToken } from './repository-token.js';
import { ScopeMapChoice, type RepositoryRights } from './scope-map-choice.js';

/** How people say what a token may do: one of the two, or neither where it is to stay as it is. */
export interface ChosenRights {
  readonly scopeMap?: string | undefined;
  readonly repositories?: readonly RepositoryRights[] | undefined;
}

/** Finds what a token is made of: its scope map, and who must hold as well what that gives. */
@Injectable()
export class TokenChoice {
  constructor(
    private readonly scopeMaps: ScopeMapChoice,
    @Inject(PRINCIPAL_STORE) private readonly principals: PrincipalStore,
    private readonly db: Database,
  ) {}

  /**
   * The scope map that was chosen, or the token's own with the rights that were listed; null when the scope map is to stay.
   *
   * @throws AppError 'malformed' with code `unknown-scope-map` or `invalid-repositories`, 'denied' by policy, 'unavailable'
   *   when nobody knows
   */
  async scopeMap(by: Authorized, chosen: ChosenRights): Promise<ScopeMap | null> {
    return chosen.scopeMap === undefined && chosen.repositories === undefined ? null : this.newScopeMap(by, chosen);
  }

  /** As {@link scopeMap}, of a token that has none yet. */
  async newScopeMap(
    { caller, registry, resourceName }: Authorized,
    { scopeMap, repositories = [] }: ChosenRights,
  ): Promise<ScopeMap> {
    if (scopeMap !== undefined) return this.scopeMaps.named(registry, scopeMap);
    return this.scopeMaps.made(caller, registry, { token: resourceName, rights: repositories });
  }

  /** The scope map that a token has; null when it was deleted. @throws AppError 'unavailable' when that can't be told */
  scopeMapOf(token: Pick<RepositoryToken, 'scopeMapId' | 'account'>): ScopeMap | null {
    return this.scopeMaps.of(token);
  }

  /**
   * @returns the owner that was chosen
   * @throws AppError 'malformed' with code `unknown-principal` when the account has none of that id
   */
  async owner({ registry }: Authorized, owner: PrincipalRef | null): Promise<PrincipalRef | null> {
    if (owner === null) return null;
    const [found] = await this.principals.find(this.db, [owner]);
    if (found?.account === registry.account) return owner;
    const message = `there is no ${owner} in this account`;
    throw new AppError({ kind: 'malformed', code: 'unknown-principal', message, detail: { objectId: owner } });
  }
}
