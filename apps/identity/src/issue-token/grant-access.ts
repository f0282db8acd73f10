import type { Action, RequestedScope } from '@berth/access';
import { actionOfDockerName } from '@berth/access';
import { maxGroups, type AccessEntryClaim } from '@berth/contracts';
import { decide, type DefinitionsView, type GrantRef, type Principal } from '@berth/policy-engine';

/** Who asks for what, and where. */
export interface AccessRequest {
  readonly principal: Principal;
  readonly registry: { readonly id: string; readonly account: string };
  readonly scopes: readonly RequestedScope[];
  /** How many definitions the token's `ver` has room for; what would need more is not granted. */
  readonly room: number;
  /** Which incarnation of a repository an entry names. */
  readonly incarnationOf: (repository: string) => number;
}

export interface Granted {
  /** Repositories with at least one action, and the catalog, in the order they were asked for. */
  readonly access: readonly AccessEntryClaim[];
  /** The definitions that granted, `<kind>:<id>` to version. */
  readonly grants: ReadonlyMap<string, number>;
  /** Whether everything that was asked for is in it. */
  readonly isComplete: boolean;
}

type RepositoryScope = Extract<RequestedScope, { readonly type: 'repository' }>;

/**
 * What of the asked a principal may have now: fewer than asked is not an error. Whoever may pull also gets
 * `metadata_read` if they hold it, because Docker clients can't ask for it. The catalog opens to everybody: what is on it
 * is decided when it is read, and may be nothing.
 *
 * @source Docker registry token specification, "Requesting a Token"; access-model "Issuing"
 */
export function grantAccess(view: DefinitionsView, request: AccessRequest): Granted {
  const grants = new Map<string, number>();
  const access: AccessEntryClaim[] = [];
  let isComplete = true;
  for (const scope of request.scopes) {
    if (scope.type !== 'repository') {
      if (opensCatalog(scope, request.principal)) access.push(catalog);
      else isComplete = false;
      continue;
    }
    const actions = scope.actions.filter((name) => isGranted(view, { ...request, scope, name, grants }));
    if (actions.length < scope.actions.length) isComplete = false;
    const joined = withMetadata(actions, () => isGranted(view, { ...request, scope, name: metadataRead, grants }));
    if (joined.length === 0) continue;
    access.push({ type: 'repository', name: scope.name, actions: joined, inc: request.incarnationOf(scope.name) });
  }
  return { access, grants, isComplete };
}

const catalog: AccessEntryClaim = { type: 'registry', name: 'catalog', actions: ['*'], inc: 0 };

/** A token names all groups of its principal or does not open the catalog: with some of them the list would lie. */
function opensCatalog({ type, actions }: RequestedScope, { groups }: Principal): boolean {
  return type === 'registry' && actions.includes('*') && groups.length <= maxGroups;
}

const metadataRead = 'metadata_read';

function withMetadata(actions: string[], isHeld: () => boolean): string[] {
  return actions.includes('pull') && !actions.includes(metadataRead) && isHeld() ? [...actions, metadataRead] : actions;
}

interface Question extends AccessRequest {
  readonly scope: RepositoryScope;
  /** Docker's name of the action. */
  readonly name: string;
  readonly grants: Map<string, number>;
}

/** Decides one action, and notes what granted it. */
function isGranted(view: DefinitionsView, question: Question): boolean {
  const action = actionOfDockerName(question.name);
  if (action === null) return false;
  const by = decideOn(view, question, action);
  if (by === null) return false;
  const ref = `${by.kind}:${by.id}`;
  if (!question.grants.has(ref) && question.grants.size >= question.room) return false;
  question.grants.set(ref, by.version);
  return true;
}

function decideOn(view: DefinitionsView, question: Question, action: Action): GrantRef | null {
  const decision = decide(view, {
    principal: question.principal,
    action,
    account: question.registry.account,
    registryId: question.registry.id,
    repository: question.scope.name,
  });
  return decision.effect === 'allow' ? decision.by : null;
}
