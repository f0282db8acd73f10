import { namespaceOf, patternCovers } from '@berth/access';
import { assertNever } from '@berth/errors';
import type { DecisionRequest, DefinitionsView } from './decision.js';
import { ownResourceGroup } from './place.js';
import type { AssignmentScope } from './role-assignment.js';
import { isActiveIn } from './validity.js';

/** Where a scope lies, for what must be known to tell which others contain it. */
interface Located {
  readonly registryId: string | null;
  readonly resourceGroup: string | null;
  readonly namespace: string | null;
  readonly namespaceResourceGroup: string | null;
}

/** Whether all of one scope lies within another of the same account. */
export function scopeContains(
  view: DefinitionsView,
  outer: AssignmentScope,
  { scope, account }: { readonly scope: AssignmentScope; readonly account: string },
): boolean {
  if (outer.kind === 'account') return true;
  const inner = locate(view, scope, account);
  switch (outer.kind) {
    case 'resource-group':
      return [inner.resourceGroup, inner.namespaceResourceGroup].includes(outer.resourceGroup);
    case 'registry':
      return inner.registryId === outer.registryId;
    case 'namespace':
      return inner.registryId === outer.registryId && inner.namespace === outer.namespace;
    case 'repository':
      if (scope.kind !== 'repository' || scope.registryId !== outer.registryId) return false;
      return patternCovers(outer.pattern, scope.pattern);
    default:
      return assertNever(outer);
  }
}

/** The request that asks for one action on all of a scope; for who may grant there. */
export function targetOf(
  scope: AssignmentScope,
): Pick<DecisionRequest, 'registryId' | 'repository' | 'namespace' | 'resourceGroup'> {
  const target = { registryId: null, repository: null };
  switch (scope.kind) {
    case 'account':
      return target;
    case 'resource-group':
      return { ...target, resourceGroup: scope.resourceGroup };
    case 'registry':
      return { ...target, registryId: scope.registryId };
    case 'namespace':
      return { ...target, registryId: scope.registryId, namespace: scope.namespace };
    case 'repository':
      return { registryId: scope.registryId, repository: scope.pattern };
    default:
      return assertNever(scope);
  }
}

function locate(view: DefinitionsView, scope: AssignmentScope, account: string): Located {
  const { registryId, repository, namespace, resourceGroup } = targetOf(scope);
  const within = repository === null ? (namespace ?? null) : namespaceOf(repository);
  if (registryId === null) {
    return { registryId, resourceGroup: resourceGroup ?? null, namespace: null, namespaceResourceGroup: null };
  }
  const registry = view.registry?.(registryId) ?? null;
  return {
    registryId,
    resourceGroup: registry !== null && isActiveIn(registry, account) ? registry.resourceGroup : null,
    namespace: within,
    namespaceResourceGroup: within === null ? null : ownResourceGroup(view, { account, registryId }, within),
  };
}
