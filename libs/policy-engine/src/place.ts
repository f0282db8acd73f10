import { actionLevelOf, everyRepository, isRepositoryScoped, namespaceOf } from '@berth/access';
import type { Action, ActionLevel, RepositoryPattern } from '@berth/access';
import type { DecisionRequest, DefinitionsView } from './decision.js';

/** The thing that is acted on, with all that contains it. */
export interface Place {
  readonly account: string;
  /** null = the account, or a region or resource group of it. */
  readonly registryId: string | null;
  readonly region: string | null;
  /** Of the registry, or the one that is asked about. */
  readonly resourceGroup: string | null;
  /** null = a whole registry, or the account. */
  readonly namespace: string | null;
  /** Of the namespace, else of its registry. */
  readonly namespaceResourceGroup: string | null;
  /** The repositories acted on; null = what is acted on is no repository. */
  readonly repository: RepositoryPattern | null;
}

/** What is done, and how narrow a scope can grant it. */
export interface Deed {
  readonly action: Action;
  readonly level: ActionLevel;
}

/** Where a request wants to act. A registry that isn't known, or is of another account, has no region and no group. */
export function placeOf(view: DefinitionsView, request: DecisionRequest): Place {
  const { account, registryId, repository } = request;
  const namespace = repository === null ? (request.namespace ?? null) : namespaceOf(repository);
  const target = repository ?? (isRepositoryScoped(request.action) ? everyRepository : null);
  if (registryId === null) {
    const { region = null, resourceGroup = null } = request;
    return { account, registryId, region, resourceGroup, namespace, namespaceResourceGroup: null, repository: target };
  }
  const known = view.registry?.(registryId) ?? null;
  const isKnown = known !== null && known.status === 'active' && known.account === account;
  const resourceGroup = isKnown ? known.resourceGroup : null;
  return {
    account,
    registryId,
    region: isKnown ? known.region : null,
    resourceGroup,
    namespace,
    namespaceResourceGroup:
      namespace === null ? null : (ownResourceGroup(view, { account, registryId }, namespace) ?? resourceGroup),
    repository: target,
  };
}

/** The resource group that a namespace was put into itself; null = it has that of its registry. */
export function ownResourceGroup(
  view: DefinitionsView,
  { account, registryId }: { readonly account: string; readonly registryId: string },
  namespace: string,
): string | null {
  const record = view.namespace?.(registryId, namespace) ?? null;
  return record === null || record.status !== 'active' || record.account !== account ? null : record.resourceGroup;
}

/** What a request wants to do. */
export function deedOf({ action }: DecisionRequest): Deed {
  return { action, level: actionLevelOf(action) };
}
