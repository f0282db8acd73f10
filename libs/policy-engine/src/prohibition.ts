import { parseAddressRanges, patternsOverlap } from '@berth/access';
import type { Action, AddressRanges } from '@berth/access';
import { assertNever } from '@berth/errors';
import type { DecisionContext, DecisionRequest, DefinitionsView } from './decision.js';
import { placeOf } from './place.js';
import type { Place } from './place.js';
import { isActiveIn } from './validity.js';
import type { AssignmentScope } from './role-assignment.js';

/** Why something is shut for everybody. */
export type ProhibitionKind = 'lock' | 'quarantine' | 'private-only' | 'disabled' | 'deleting' | 'quota';

/** What nobody may do to something, whatever they hold, as its record says it. */
export interface ProhibitionRecord {
  readonly id: string;
  /** Account id. */
  readonly account: string;
  /** From a sequence that is never reset. */
  readonly version: number;
  readonly status: 'active' | 'deleted';
  readonly kind: ProhibitionKind;
  readonly scope: AssignmentScope;
  /** null = everything. */
  readonly actions: readonly Action[] | null;
  /** Networks from which it does not hold, as `10.0.0.0/8`; none = it holds everywhere. */
  readonly exceptFrom: readonly string[];
}

/** A prohibition made ready for decisions. */
export interface Prohibition extends Omit<ProhibitionRecord, 'actions' | 'exceptFrom'> {
  readonly actions: ReadonlySet<Action> | null;
  readonly exceptFrom: AddressRanges | null;
}

/** @throws AppError 'malformed' with code `invalid_condition` for a network that can't be read */
export function indexProhibition({ actions, exceptFrom, ...rest }: ProhibitionRecord): Prohibition {
  return {
    ...rest,
    actions: actions === null ? null : new Set(actions),
    exceptFrom: exceptFrom.length === 0 ? null : parseAddressRanges(exceptFrom),
  };
}

/** The prohibitions that concern any part of what is asked. */
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
