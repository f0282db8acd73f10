import { actionOfDockerName, type RequestedScope } from '@berth/access';
import { maxGroups, type AccessEntryClaim } from '@berth/contracts';
import {
  decide,
  principalKindOf,
  type Allowed,
  type DecisionContext,
  type DefinitionsView,
  type Principal,
} from '@berth/policy-engine';
import { entriesOf, type HeldAction } from './access-entries.js';
import { TokenBasis, type VersionRoom } from './token-basis.js';

/** Who asks for what, and where. */
export interface AccessRequest extends VersionRoom {
  readonly principal: Principal;
  readonly registry: { readonly id: string; readonly account: string };
  readonly scopes: readonly RequestedScope[];
  /** When, and from where if that is known. */
  readonly context: DecisionContext;
  /** Which incarnation of a repository an entry names. */
  readonly incarnationOf: (repository: string) => number;
}

export interface Granted {
  /** Repositories with at least one action, and the catalog, in the order they were asked for. */
  readonly access: readonly AccessEntryClaim[];
  /** From what it was decided, for `ver`: subject to version. */
  readonly grants: ReadonlyMap<string, number>;
  /** When the first of what is granted ends, epoch milliseconds; null = never. */
  readonly endsAtMs: number | null;
  /** Whether everything that was asked for is in it. */
  readonly isComplete: boolean;
}

type RepositoryScope = Extract<RequestedScope, { readonly type: 'repository' }>;

/**
 * What of the asked a principal may have now: fewer than asked is not an error. Whoever pulls or pushes also gets what
 * joins it and is held ({@link joiningActions}). The catalog opens to every principal: what is on it is decided when it is
 * read, and may be nothing. What is forbidden to everybody is no business of a token: it is refused where it is used.
 *
 * @param view grants alone, without prohibitions
 * @source Docker registry token specification, "Requesting a Token"; access-model "Issuing"
 */
export function grantAccess(view: DefinitionsView, request: AccessRequest): Granted {
  const basis = new TokenBasis(view, request.principal);
  const question = { ...request, context: { ...request.context, carriesConditions: true } };
  const access: AccessEntryClaim[] = [];
  let isComplete = true;
  for (const scope of request.scopes) {
    if (scope.type !== 'repository') {
      if (opensCatalog(scope, request.principal)) access.push(catalog);
      else isComplete = false;
      continue;
    }
    const { held, isAll } = heldOf(view, question, scope);
    for (const { allowed } of held) basis.add(allowed);
    access.push(...entriesOf({ repository: scope.name, inc: request.incarnationOf(scope.name) }, held));
    isComplete &&= isAll;
  }
  return { access, grants: basis.versionsFor(request), endsAtMs: basis.endsAtMs, isComplete };
}

const catalog: AccessEntryClaim = { type: 'registry', name: 'catalog', actions: ['*'], inc: 0 };

/**
 * A token names all groups of its principal, or of its owner, or does not open the catalog: with some of them the list
 * would lie. Nobody in particular sees nothing there.
 */
function opensCatalog({ type, actions }: RequestedScope, { ref, groups, owner }: Principal): boolean {
  if (type !== 'registry' || !actions.includes('*') || principalKindOf(ref) === 'anonymous') return false;
  return groups.length <= maxGroups && (owner === undefined || owner.groups.length <= maxGroups);
}

/**
 * What Docker's clients can't ask for joins what they do ask for. A quarantined image is pulled by who may pull those and
 * no others: for them, asking is enough.
 */
const joiningActions = [
  { name: 'metadata_read', joins: 'pull', isAskingEnough: false },
  { name: 'quarantine_read', joins: 'pull', isAskingEnough: true },
  { name: 'sign', joins: 'push', isAskingEnough: false },
] as const;

function heldOf(view: DefinitionsView, request: AccessRequest, scope: RepositoryScope) {
  const hold = (name: string): HeldAction[] => {
    const allowed = decideOn(view, request, { name, repository: scope.name });
    return allowed === null ? [] : [{ name, allowed }];
  };
  const held = scope.actions.flatMap(hold);
  const isAll = held.length === scope.actions.length;
  for (const { name, joins, isAskingEnough } of joiningActions) {
    if (!scope.actions.includes(joins) || scope.actions.includes(name)) continue;
    if (isAskingEnough || held.some((each) => each.name === joins)) held.push(...hold(name));
  }
  return { held, isAll };
}

/** Conditions of one entry, at most; what more of them bind can't be said in a token, so it isn't granted. */
const maxConditions = 16;

function decideOn(
  view: DefinitionsView,
  { principal, registry, context }: AccessRequest,
  { name, repository }: { readonly name: string; readonly repository: RepositoryScope['name'] },
): Allowed | null {
  const action = actionOfDockerName(name);
  if (action === null) return null;
  const decision = decide(view, {
    principal,
    action,
    account: registry.account,
    registryId: registry.id,
    repository,
    context,
  });
  return decision.effect === 'allow' && (decision.when ?? []).length <= maxConditions ? decision : null;
}
