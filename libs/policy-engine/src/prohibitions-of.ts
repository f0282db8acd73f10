import { patternsOverlap } from '@berth/access';
import { assertNever } from '@berth/errors';
import type { DecisionContext, DecisionRequest, DefinitionsView } from './decision.js';
import { placeOf } from './place.js';
import type { Place } from './place.js';
import type { Prohibition } from './prohibition.js';
import type { AssignmentScope } from './role-assignment.js';
import { isActiveIn } from './validity.js';

/**
 * The prohibitions that concern any part of what is asked, whoever asks. For a registry that has been told what somebody
 * holds, and asks only what is forbidden to everybody. Pure; no clock, no I/O.
 *
 * @throws nothing but what `view` throws
 */
export function prohibitionsOf(view: DefinitionsView, request: DecisionRequest): readonly Prohibition[] {
  if (view.prohibitionsOn === undefined) return [];
  const { account, registryId, context, action } = request;
  const place = placeOf(view, request);
  return view
    .prohibitionsOn(account, registryId)
    .filter(
      (each) =>
        isActiveIn(each, account) &&
        (each.actions === null || each.actions.has(action)) &&
        touches(each.scope, place) &&
        !isExcepted(each, context),
    );
}

/** Where an address isn't known, no network is the right one. */
function isExcepted({ exceptFrom }: Prohibition, context: DecisionContext | undefined): boolean {
  return exceptFrom !== null && context?.address !== undefined && exceptFrom.contains(context.address);
}

/** Whether a prohibition's scope and a place have anything in common: a pattern is refused for one name in it. */
function touches(scope: AssignmentScope, place: Place): boolean {
  switch (scope.kind) {
    case 'account':
      return true;
    case 'resource-group':
      return place.resourceGroup === scope.resourceGroup || place.namespaceResourceGroup === scope.resourceGroup;
    case 'registry':
      return scope.registryId === place.registryId;
    case 'namespace':
      if (scope.registryId !== place.registryId) return false;
      return place.namespace === scope.namespace || (place.namespace === null && place.repository !== null);
    case 'repository':
      if (scope.registryId !== place.registryId || place.repository === null) return false;
      return patternsOverlap(scope.pattern, place.repository);
    default:
      return assertNever(scope);
  }
}
