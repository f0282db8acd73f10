import type { AssignmentScope as PublishedScope } from '@berth/contracts';
import type { DefinitionsView } from '@berth/definitions';
import { assertNever } from '@berth/errors';
import { parseScopePath, type AssignmentScope } from '@berth/policy-engine';

/**
 * The scope that a path names in an account.
 *
 * @param view all registries of the account, and no other's
 * @throws AppError 'malformed' with code `invalid_scope_path`, also for a registry that the account doesn't have
 */
export function readScopePath(view: DefinitionsView, account: string, path: string): AssignmentScope {
  return parseScopePath(path, {
    registryIdOf: (name) => view.registryByName(name)?.id ?? null,
    isSubscription: (id) => id.toLowerCase() === account,
  });
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
