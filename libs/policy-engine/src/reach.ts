import { patternCovers } from '@berth/access';
import { assertNever } from '@berth/errors';
import type { Deed, Place } from './place.js';
import type { AssignmentScope } from './role-assignment.js';
import type { ServiceReach } from './service-reach.js';

/** How far any grant goes within its account. */
export type Reach = AssignmentScope | ServiceReach;

/**
 * Whether a grant goes as far as all of a place. A scope narrower than an action's level never grants it: an assignment to
 * repositories does not manage their registry, not even one to every repository.
 */
export function reaches(reach: Reach, place: Place, { level }: Deed): boolean {
  switch (reach.kind) {
    case 'repository':
      if (place.repository === null || !patternCovers(reach.pattern, place.repository)) return false;
      return reach.registryId === place.registryId && level === 'repository';
    case 'registry':
      return reach.registryId === place.registryId;
    case 'account':
      return true;
    case 'namespace':
      if (level === 'registry' || place.namespace !== reach.namespace) return false;
      return reach.registryId === place.registryId;
    case 'resource-group':
      if (place.resourceGroup === reach.resourceGroup) return true;
      return level !== 'registry' && place.namespaceResourceGroup === reach.resourceGroup;
    case 'service':
      return serviceReaches(reach, place);
    default:
      return assertNever(reach);
  }
}

function serviceReaches({ region, namespace, resourceGroup }: ServiceReach, place: Place): boolean {
  if (region !== null && region !== place.region) return false;
  if (namespace !== null && (place.registryId === null || namespace !== place.namespace)) return false;
  if (resourceGroup === null) return true;
  if (place.namespace !== null) return resourceGroup === place.namespaceResourceGroup;
  /** The resource group itself, as the target of somebody else's access. */
  return place.registryId === null && place.repository === null && resourceGroup === place.resourceGroup;
}
