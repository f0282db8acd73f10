import type { Action } from '@berth/access';
import type { NamespaceDefinition, RegistryDefinition } from '@berth/contracts';
import type { DefinitionsView } from '@berth/definitions';
import { principalRef, whatCan, type EffectivePermission, type PrincipalRef } from '@berth/policy-engine';

/** A registry, or a namespace of it, as it would be in another region or resource group. */
export type Moved =
  | { readonly kind: 'registry'; readonly from: RegistryDefinition; readonly to: RegistryDefinition }
  | { readonly kind: 'namespace'; readonly registry: RegistryDefinition; readonly to: NamespaceDefinition };

/** Everything that is granted in an account. */
export interface AllGrants {
  /** Every principal and group that somebody gave something. */
  readonly holders: readonly PrincipalRef[];
  /** As it is before the move; it is left as if the move had happened. */
  readonly view: DefinitionsView;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/**
 * What anybody may do to a registry or namespace once it is moved, and may not before: what is granted in the resource group
 * or region that it comes into, and what custom roles give that are assignable there only. It says rather more than less:
 * a grant on some repositories counts as one on all.
 *
 * @source the access model, "Who may grant": moving needs the caller to hold all that the result can do
 */
export function gainedBy(moved: Moved, { holders, view, atMs }: AllGrants): ReadonlySet<Action> {
  const { account, registryId } = placeOf(moved);
  const ref = principalRef('user', 'everybody');
  const everybody = { ref, account, groups: holders, scopeMapId: null, isImported: true };
  const held = () => whatCan(view, everybody, { account, registryId, atMs });
  const before = new Set(held().map(keyOf));
  view.upsert(moved.to);
  const gained = held().filter((each) => !before.has(keyOf(each)) || beginsToReach(each, moved));
  return new Set(gained.flatMap(({ actions }) => actions));
}

function placeOf(moved: Moved) {
  const registry = moved.kind === 'registry' ? moved.from : moved.registry;
  return { account: registry.account, registryId: registry.id };
}

function keyOf({ by, via, where }: EffectivePermission): string {
  return JSON.stringify([by.kind, by.id, via, where]);
}

/** Whether a grant that was there before reaches the thing only where it now is. */
function beginsToReach({ where }: EffectivePermission, moved: Moved): boolean {
  const { newRegion, newGroup } = newPlaceOf(moved);
  if (where.kind === 'resource-group') return where.resourceGroup === newGroup;
  if (where.kind !== 'service') return false;
  if (where.namespace !== null && moved.kind === 'namespace' && where.namespace !== moved.to.name) return false;
  const comesIntoGroup = newGroup !== null && where.resourceGroup === newGroup;
  return comesIntoGroup || (newRegion !== null && where.region === newRegion);
}

/** null = as before. */
function newPlaceOf(moved: Moved): { newRegion: string | null; newGroup: string | null } {
  if (moved.kind === 'namespace') return { newRegion: null, newGroup: moved.to.resourceGroup };
  const { from, to } = moved;
  return {
    newRegion: from.region === to.region ? null : to.region,
    newGroup: from.resourceGroup === to.resourceGroup ? null : to.resourceGroup,
  };
}
