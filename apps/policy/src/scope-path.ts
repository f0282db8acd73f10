import type { Action } from '@berth/access';
import type { AssignmentScope as PublishedScope } from '@berth/contracts';
import type { DefinitionsView } from '@berth/definitions';
import { assertNever } from '@berth/errors';
import { parseScopePath, targetOf, unknownRegistryId, type AssignmentScope } from '@berth/policy-engine';
import { decideAt, type Holder } from './holder.js';

/**
 * The scope that a path names in a caller's account. Whoever may not do something in all of the account, and names a registry
 * that is not there, gets a scope that nothing narrower reaches: so they are refused as for any other.
 *
 * @param holder with all registries of the account
 * @param action what the caller wants to do there; to be decided by whoever asks
 * @throws AppError 'malformed' with code `invalid_scope_path`, also for a registry that the account doesn't have
 */
export function readScopePath(holder: Holder, action: Action, path: string): AssignmentScope {
  const { grants, caller } = holder;
  const isSubscription = (id: string) => id.toLowerCase() === caller.account;
  const registryIdOf = (name: string) => grants.registryByName(name)?.id ?? null;
  const orUnknown = (name: string) => registryIdOf(name) ?? unknownRegistryId;
  const scope = parseScopePath(path, { registryIdOf: orUnknown, isSubscription });
  const isKnown = !('registryId' in scope) || scope.registryId !== unknownRegistryId;
  if (isKnown || decideAt(holder, action, targetOf(scope)).effect === 'deny') return scope;
  return parseScopePath(path, { registryIdOf, isSubscription });
}

/** The path that {@link readScopePath} reads back as the same; a registry that is gone stands there with its id. */
export function formatScopePath(view: DefinitionsView, scope: PublishedScope): string {
  const registry = (id: string) => `/registries/${view.registry(id)?.name ?? id}`;
  switch (scope.kind) {
    case 'account':
      return '/';
    case 'resource-group':
      return `/resource-groups/${scope.resourceGroup}`;
    case 'registry':
      return registry(scope.registryId);
    case 'namespace':
      return `${registry(scope.registryId)}/namespaces/${scope.namespace}`;
    case 'repository':
      return `${registry(scope.registryId)}/repositories/${scope.pattern}`;
    default:
      return assertNever(scope);
  }
}
