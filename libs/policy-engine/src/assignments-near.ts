import { assertNever } from '@berth/errors';
import type { RepositoryPattern } from '@berth/access';
import type { Place } from './place.js';
import type { AssignmentScope, RoleAssignment } from './role-assignment.js';

/** Fewer than this are looked through faster than looked up. */
const indexedFrom = 32;

interface Positioned {
  readonly at: number;
  readonly assignment: RoleAssignment;
}

/** By where they hold, then by role. */
type Index = ReadonlyMap<string, ReadonlyMap<string, readonly Positioned[]>>;

/** A view hands out the same array until an assignment in it changes. */
const indexes = new WeakMap<readonly RoleAssignment[], Index>();

/**
 * Those of a principal's assignments that may reach a place, in their order, with a role that may grant what is asked. Whoever
 * asks looks closer; none that grants is left out. A decision among 1,000 assignments looks at a handful.
 *
 * @param mayGrant asked once for each role
 */
export function assignmentsNear(
  all: readonly RoleAssignment[],
  place: Place,
  mayGrant: (role: string) => boolean,
): readonly RoleAssignment[] {
  if (all.length < indexedFrom) return all;
  const index = indexes.get(all) ?? indexed(all);
  const found: Positioned[] = [];
  for (const key of keysOf(place)) {
    for (const [role, held] of index.get(key) ?? []) if (mayGrant(role)) found.push(...held);
  }
  return found.sort((one, other) => one.at - other.at).map(({ assignment }) => assignment);
}

function indexed(all: readonly RoleAssignment[]): Index {
  const index = new Map<string, Map<string, Positioned[]>>();
  for (const [at, assignment] of all.entries()) {
    for (const key of keysOfAssignment(assignment)) {
      const roles = index.get(key) ?? new Map<string, Positioned[]>();
      index.set(key, roles);
      const held = roles.get(assignment.role);
      if (held === undefined) roles.set(assignment.role, [{ at, assignment }]);
      else held.push({ at, assignment });
    }
  }
  indexes.set(all, index);
  return index;
}

/** Under a condition the repositories say more than the scope. */
function keysOfAssignment({ scope, condition }: RoleAssignment): readonly string[] {
  return condition === undefined ? [keyOfScope(scope)] : condition.repositories.map(keyOfCondition);
}

function keyOfScope(scope: AssignmentScope): string {
  switch (scope.kind) {
    case 'account':
      return 'account';
    case 'resource-group':
      return `group ${scope.resourceGroup}`;
    case 'registry':
      return `registry ${scope.registryId}`;
    case 'namespace':
      return `namespace ${scope.registryId} ${scope.namespace}`;
    case 'repository':
      return `repository ${scope.registryId} ${scope.pattern}`;
    default:
      return assertNever(scope);
  }
}

function keyOfCondition(pattern: RepositoryPattern): string {
  return `condition ${pattern}`;
}

/** Every key under which an assignment that reaches the place can stand. */
function keysOf({
  registryId,
  resourceGroup,
  namespace,
  namespaceResourceGroup,
  repository,
}: Place): readonly string[] {
  const keys = ['account', `registry ${registryId}`];
  if (namespace !== null) keys.push(`namespace ${registryId} ${namespace}`);
  if (resourceGroup !== null) keys.push(`group ${resourceGroup}`);
  if (namespaceResourceGroup !== null && namespaceResourceGroup !== resourceGroup) {
    keys.push(`group ${namespaceResourceGroup}`);
  }
  for (const pattern of repository === null ? [] : coveringPatterns(repository)) {
    keys.push(`repository ${registryId} ${pattern}`, `condition ${pattern}`);
  }
  return keys;
}

/** All patterns that cover one: itself, `*`, and every prefix of it. */
function coveringPatterns(pattern: string): readonly string[] {
  const patterns = new Set([pattern, '*']);
  for (let slash = pattern.indexOf('/'); slash !== -1; slash = pattern.indexOf('/', slash + 1)) {
    patterns.add(`${pattern.slice(0, slash)}/*`);
  }
  return [...patterns];
}
