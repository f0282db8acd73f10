import { encodeCursor } from '@berth/http';
import { Database } from '@berth/persistence';
import {
  decide,
  parsePrincipalRef,
  principalRef,
  systemScopeMapId,
  systemScopeMaps,
  type DecisionRequest,
  type Principal,
} from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { referenceTo } from '../decision-answer.js';
import { DecisionWorld } from '../decision-world.js';
import { Principals, type KnownPrincipal, type ScopeMapHolder } from '../principals.js';
import { noSuchScopeMap, ScopeMapStore } from '../scope-map.js';
import type { HolderAnswer, HoldersAnswer } from './holders-answer.js';

/** What is asked about everybody. */
export type AskedOfEverybody = Omit<DecisionRequest, 'principal'>;

/** Lists the tokens and fleets of one scope map that may do one thing; a fleet stands for all its devices. */
@Injectable()
export class ListTokens {
  constructor(
    private readonly db: Database,
    private readonly scopeMaps: ScopeMapStore,
    private readonly principals: Principals,
    private readonly world: DecisionWorld,
  ) {}

  /**
   * @returns a page may hold fewer than `limit`: tokens whose owner lacks the right are left out
   * @throws AppError 'not-found' (scope map), 'unavailable' without Postgres or identity
   */
  async of(
    name: string,
    request: AskedOfEverybody,
    page: { readonly limit: number; readonly after: string | null },
  ): Promise<HoldersAnswer> {
    const { account } = request;
    const scopeMapId = await this.idOf(name, request);
    const any = { ref: principalRef('token', 'any'), account, groups: [], scopeMapId };
    const { items, next } = await this.principals.holdersOf(account, scopeMapId, page);
    const owned = items.flatMap(({ ref, hasOwner }) => (hasOwner ? [parsePrincipalRef(ref)] : []));
    const known = await this.principals.find(account, owned);
    const principals = [any, ...[...known.values()].map(({ principal }) => principal)];
    const registryIds = request.registryId === null ? [] : [request.registryId];
    const view = await this.world.about({ account, principals, registryIds });
    const able = items.flatMap((holder): HolderAnswer[] => {
      const principal = principalOf(holder, any, known);
      const decision = principal === null ? null : decide(view, { ...request, principal });
      if (decision?.effect !== 'allow') return [];
      const { ref } = holder;
      const enabled = isUsable(holder, known);
      return [{ holder: ref, name: holder.name, enabled, by: referenceTo(decision.by), grant: name, via: null }];
    });
    return { items: able, next: next === null ? null : encodeCursor(next), prohibitedBy: null };
  }

  private async idOf(name: string, { account, registryId }: AskedOfEverybody): Promise<string> {
    if (registryId === null) throw noSuchScopeMap();
    if (systemScopeMaps.has(name)) return systemScopeMapId(registryId, name);
    const map = await this.scopeMaps.find(this.db, account, { registryId, name });
    if (map === null) throw noSuchScopeMap();
    return map.id;
  }
}

/** Null for a token whose owner is gone: it opens nothing. */
function principalOf(
  { ref, hasOwner }: ScopeMapHolder,
  any: Principal,
  known: ReadonlyMap<string, KnownPrincipal>,
): Principal | null {
  if (!hasOwner) return any;
  return known.get(ref)?.principal ?? null;
}

/** A token with an owner is refused with it. */
function isUsable({ ref, isEnabled, hasOwner }: ScopeMapHolder, known: ReadonlyMap<string, KnownPrincipal>): boolean {
  return isEnabled && (!hasOwner || known.get(ref)?.refusal === null);
}
