import { actionCatalogue } from '@berth/access';
import type { Action, RepositoryPattern } from '@berth/access';
import type { DefinitionsView, GrantRef } from './decision.js';
import { heldBy } from './grants-of.js';
import type { Grant } from './grants-of.js';
import type { Principal, PrincipalRef } from './principal.js';
import type { Reach } from './reach.js';

/** One thing that a principal holds. */
export interface EffectivePermission {
  readonly by: GrantRef;
  /** The principal itself, or the group through which it holds this. */
  readonly via: PrincipalRef;
  /** Of the role or scope map, or the roles of the policy. */
  readonly name: string;
  /** In catalogue order, at least one. */
  readonly actions: readonly Action[];
  readonly where: Reach;
  /** Only on these repositories of it; null = all that is there. */
  readonly repositories: readonly RepositoryPattern[] | null;
  /** A token gives this only as far as its owner holds it too. */
  readonly isBoundByOwner: boolean;
}

/** Within what to answer. */
export interface WhatCanRequest {
  /** Id of the account; a principal of another one holds nothing in it. */
  readonly account: string;
  /** null = in all registries of the account. */
  readonly registryId: string | null;
  /** Epoch milliseconds; without it, what an account's past gives is left out. */
  readonly atMs?: number;
}

/**
 * All that a principal may do, one entry for each thing that grants it, in the order in which decisions look: what no
 * entry says is denied. Prohibitions and conditions of a scope map are not taken off it. Pure; no clock, no I/O.
 *
 * @param view a copy of the definitions, answering without waiting
 * @throws nothing but what `view` throws
 */
export function whatCan(
  view: DefinitionsView,
  principal: Principal,
  { account, registryId, atMs }: WhatCanRequest,
): readonly EffectivePermission[] {
  if (principal.account !== account) return [];
  const grants = heldBy(view, principal, { registryId, atMs }).filter((grant) => concerns(grant, registryId));
  return merged(grants).map(({ reach, actions, ...grant }) => ({
    ...grant,
    actions: actionCatalogue.map(({ action }) => action).filter((action) => actions.has(action)),
    where: reach,
    isBoundByOwner: grant.by.kind === 'scope-map' && principal.owner !== undefined,
  }));
}

function concerns({ reach }: Grant, registryId: string | null): boolean {
  if (registryId === null || !('registryId' in reach)) return true;
  return reach.registryId === registryId;
}

/** The lines of a scope map on the same pattern are one permission with several actions. */
function merged(grants: readonly Grant[]): readonly Grant[] {
  const byPlace = new Map<string, Grant>();
  for (const grant of grants) {
    const key = JSON.stringify([grant.by.kind, grant.by.id, grant.via, grant.reach]);
    const known = byPlace.get(key);
    byPlace.set(
      key,
      known === undefined ? grant : { ...known, actions: new Set([...known.actions, ...grant.actions]) },
    );
  }
  return [...byPlace.values()];
}
