import type { RepositoryPattern } from '@berth/access';
import { assertNever } from '@berth/errors';
import type { Reach } from './reach.js';

/** Where a grant holds, in words for people: `team/*`, `the registry`, `namespace team in eu-de`. */
export function describeReach(reach: Reach, repositories: readonly RepositoryPattern[] | null): string {
  const where = describeScope(reach);
  if (repositories === null) return where;
  const [first = 'nothing', ...more] = repositories;
  return `${first}${more.length > 0 ? ` and ${more.length} more` : ''} in ${where}`;
}

function describeScope(reach: Reach): string {
  switch (reach.kind) {
    case 'account':
      return 'the account';
    case 'resource-group':
      return `the resource group ${reach.resourceGroup}`;
    case 'registry':
      return 'the registry';
    case 'namespace':
      return `the namespace ${reach.namespace}`;
    case 'repository':
      return reach.pattern;
    case 'service': {
      const { namespace, resourceGroup, region } = reach;
      const what = namespace === null ? 'the service' : `the namespace ${namespace}`;
      const group = resourceGroup === null ? '' : ` in the resource group ${resourceGroup}`;
      return `${what}${group}${region === null ? '' : ` in ${region}`}`;
    }
    default:
      return assertNever(reach);
  }
}
