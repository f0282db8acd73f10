import type { Action, RepositoryPattern } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import type { DefinitionsView } from '@berth/definitions';
import type { Caller } from '@berth/http';
import {
  decide,
  decisionContext,
  principalOf,
  whatCan,
  type Decision,
  type DecisionRequest,
} from '@berth/policy-engine';

/** A caller and all that it holds, as the tables say now. */
export interface Holder {
  readonly caller: Caller;
  readonly grants: DefinitionsView;
  /** When it was read, epoch milliseconds. */
  readonly atMs: number;
  readonly extent: HolderExtent;
}

/** How much of what a caller holds was read, so that the same can be read again. */
export interface HolderExtent {
  /** The registries that are decided about; null = all of the account. */
  readonly registryIds: readonly string[] | null;
  /** Also those namespaces that nothing held depends on: they tell which scopes lie within others. */
  readonly withAllNamespaces: boolean;
}

/** What in an account something is done to; `targetOf` of the engine makes it of a scope. */
export type Where = Pick<DecisionRequest, 'registryId' | 'repository' | 'namespace' | 'region' | 'resourceGroup'>;

/** All of an account. */
export const wholeAccount: Where = { registryId: null, repository: null };

/** Decides about a registry, or about repositories of it; null = about all registries of the caller's account. */
export function decideFor(
  holder: Holder,
  action: Action,
  registry: RegistryDefinition | null,
  repository: RepositoryPattern | null = null,
): Decision {
  const where = { registryId: registry?.id ?? null, repository };
  const { principal, context } = asker(holder);
  const account = registry?.account ?? holder.caller.account;
  return decide(holder.grants, { principal, action, account, ...where, context });
}

/** Decides about anything in the caller's account. */
export function decideAt(holder: Holder, action: Action, where: Where): Decision {
  const { principal, context } = asker(holder);
  return decide(holder.grants, { principal, action, account: holder.caller.account, ...where, context });
}

/** Whether a caller may do something anywhere at all in its account, however little of it. */
export function holdsAnywhere(holder: Holder, action: Action): boolean {
  const { atMs, caller, grants } = holder;
  const held = whatCan(grants, asker(holder).principal, { account: caller.account, registryId: null, atMs });
  return held.some(({ actions }) => actions.includes(action));
}

function asker({ caller, atMs }: Holder) {
  return { principal: principalOf(caller), context: decisionContext(atMs, caller.address) };
}
