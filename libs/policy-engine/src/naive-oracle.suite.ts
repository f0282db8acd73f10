import { actionCatalogue, ibmActions } from '@berth/access';
import type { Action } from '@berth/access';
import type { AccessPolicyRecord } from './access-policy.js';
import type { DecisionRequest } from './decision.js';
import { builtInRoles } from './role.js';
import type { AssignmentScope, RoleAssignment } from './role-assignment.js';
import type { World } from './world.suite.js';

/**
 * The same decision, worked out another way: from the records as they are written, from sets of sample names instead of
 * patterns, without an index and without stopping early. It shares no code with the engine but the tables of data.
 */
export function isAllowedNaively(world: World, request: DecisionRequest): boolean {
  return isGranted(world, request, request.principal) && !isForbidden(world, request);
}

/** One name in each place that patterns of the generated worlds can tell apart. */
const samples = [
  ...['team', 'team-evil', 'team-evil/app', 'team-evil/zz', 'team/app', 'team/app/sub', 'team/app/zz', 'team/zz'],
  ...['a', 'a/b', 'a/zz', 'ab/b', 'teams/app', 'zz', 'zz/zz'],
];

function namesOf(pattern: string): string[] {
  if (pattern === '*') return samples;
  const below = pattern.endsWith('/*') ? pattern.slice(0, -1) : null;
  return samples.filter((name) => (below === null ? name === pattern : name.startsWith(below)));
}

const isIn = (pattern: string, names: readonly string[]) => names.every((name) => namesOf(pattern).includes(name));
const rowOf = (action: Action) => actionCatalogue.find((row) => row.action === action);
const firstSegment = (name: string) => name.replace(/\/.*$/s, '');

/** What is acted on. */
export interface Thing {
  readonly registry: string | null;
  readonly region: string | null;
  readonly group: string | null;
  readonly namespace: string | null;
  readonly namespaceGroup: string | null;
  /** Repositories acted on; null = it is no repository. */
  readonly names: readonly string[] | null;
}

export function thingOf(world: World, request: DecisionRequest): Thing {
  const { repository, registryId, account } = request;
  const namespace =
    repository === null ? (request.namespace ?? null) : repository === '*' ? null : firstSegment(repository);
  const isContent = rowOf(request.action)?.repositoryScoped === true;
  const names = repository !== null ? namesOf(repository) : isContent ? samples : null;
  if (registryId === null) {
    const { region = null, resourceGroup: group = null } = request;
    return { registry: null, region, group, namespace, namespaceGroup: null, names };
  }
  const registry = world.registries.find((r) => r.id === registryId && r.account === account && r.status === 'active');
  const own = world.namespaces.find(
    (n) => n.registryId === registryId && n.name === namespace && n.account === account && n.status === 'active',
  );
  const group = registry?.resourceGroup ?? null;
  const namespaceGroup = namespace === null ? null : (own?.resourceGroup ?? group);
  return { registry: registryId, region: registry?.region ?? null, group, namespace, namespaceGroup, names };
}

function isGranted(world: World, request: DecisionRequest, who: DecisionRequest['principal']): boolean {
  const { account, action } = request;
  if (who.account !== account) return false;
  const kind = who.ref.split(':')[0];
  if (kind === 'token' || kind === 'device') {
    const byMap = isMapped(world, request, who.scopeMapId);
    return byMap && (who.owner === undefined || isGranted(world, request, who.owner));
  }
  if (kind === 'anonymous') {
    const names = thingOf(world, request).names ?? [];
    return action === 'content/read' && request.registryId === 'r1' && world.anonymous.some((p) => isIn(p, names));
  }
  if (kind === 'group') return false;
  const refs: string[] = [who.ref, ...who.groups];
  return (
    world.roleAssignments.some((each) => refs.includes(each.principal) && assigns(world, request, each)) ||
    world.accessPolicies.some((each) => refs.includes(each.subject) && permits(world, request, each)) ||
    isFromThePast(world, request, who)
  );
}

function isMapped(
  world: World,
  { account, action, registryId, repository }: DecisionRequest,
  id: string | null,
): boolean {
  const names = namesOf(repository ?? '*');
  if (id === 'r1/_repositories_pull') return registryId === 'r1' && action === 'content/read';
  return world.scopeMaps.some(
    (map) =>
      map.id === id &&
      map.account === account &&
      map.registryId === registryId &&
      map.status === 'active' &&
      map.actions.some((line) => {
        if (!line.endsWith(`/${action}`)) return false;
        return isIn(line.slice('repositories/'.length, -action.length - 1), names);
      }),
  );
}

function assigns(world: World, request: DecisionRequest, assignment: RoleAssignment): boolean {
  const { account, action } = request;
  if (assignment.status !== 'active' || assignment.account !== account) return false;
  const thing = thingOf(world, request);
  const level = rowOf(action)?.level;
  if (!isWithin(assignment.scope, thing, level)) return false;
  const { condition } = assignment;
  if (condition !== undefined) {
    const { names } = thing;
    if (level !== 'repository' || names === null) return false;
    if (!condition.repositories.some((pattern) => isIn(pattern, names))) return false;
  }
  if (builtInRoles.get(assignment.role)?.has(action)) return true;
  return world.roleDefinitions.some(
    (role) =>
      role.id === assignment.role &&
      role.status === 'active' &&
      role.account === account &&
      ((role.actions.includes(action) && !role.notActions.includes(action)) ||
        (role.dataActions.includes(action) && !role.notDataActions.includes(action))) &&
      role.assignableScopes.some((scope) => isScopeWithin(world, scope, assignment)),
  );
}

function isWithin(scope: AssignmentScope, thing: Thing, level: string | undefined): boolean {
  if (scope.kind === 'account') return true;
  if (scope.kind === 'registry') return thing.registry === scope.registryId;
  if (scope.kind === 'resource-group') {
    return (
      thing.group === scope.resourceGroup || (level !== 'registry' && thing.namespaceGroup === scope.resourceGroup)
    );
  }
  if (thing.registry !== scope.registryId) return false;
  if (scope.kind === 'namespace') return level !== 'registry' && thing.namespace === scope.namespace;
  return level === 'repository' && thing.names !== null && isIn(scope.pattern, thing.names);
}

/** Whether a role may be assigned where it is: decided as if something were done to all of that scope. */
export function isScopeWithin(
  world: World,
  outer: AssignmentScope,
  { scope: inner, account }: RoleAssignment,
): boolean {
  if (outer.kind === 'account') return true;
  if (inner.kind === 'account') return false;
  if (inner.kind === 'resource-group')
    return outer.kind === 'resource-group' && outer.resourceGroup === inner.resourceGroup;
  const names = inner.kind === 'repository' ? namesOf(inner.pattern) : null;
  const namespace =
    inner.kind === 'namespace'
      ? inner.namespace
      : names === null || names.includes('zz')
        ? null
        : firstSegment(names[0] ?? '');
  const registry = world.registries.find(
    (r) => r.id === inner.registryId && r.account === account && r.status === 'active',
  );
  const own = world.namespaces.find(
    (n) => n.registryId === inner.registryId && n.name === namespace && n.account === account && n.status === 'active',
  );
  if (outer.kind === 'resource-group')
    return [registry?.resourceGroup, own?.resourceGroup].includes(outer.resourceGroup);
  if (outer.registryId !== inner.registryId) return false;
  if (outer.kind === 'registry') return true;
  if (outer.kind === 'namespace') return namespace === outer.namespace;
  return names !== null && isIn(outer.pattern, names);
}

const reader =
  /^(?:exemption\.list|quota\.get|settings\.get|image\.(?:inspect|list|pull)|namespace\.list|retention\.(?:analyze|get|list))$/;
const writer = /^(?:quota\.get|settings\.get|image\.(?:delete|pull|push)|retention\.set)$/;
const administrator = /^(?:roleAssignments|roleDefinitions|accessPolicies|serviceIds)\//;

function permits(world: World, request: DecisionRequest, policy: AccessPolicyRecord): boolean {
  const { account, action } = request;
  const { serviceName, serviceInstance, region, resourceType, resource, resourceGroup, isForAllServices } =
    policy.target;
  if (policy.status !== 'active' || policy.account !== account || !/^(user|service|group):/.test(policy.subject))
    return false;
  if (serviceName !== 'container-registry' && !isForAllServices && !(serviceName === null && resourceGroup !== null))
    return false;
  if (serviceInstance !== null || resourceType === 'bucket' || (resource !== null && resourceType === null))
    return false;
  const thing = thingOf(world, request);
  if (region !== null && thing.region !== region) return false;
  if (resource !== null && (thing.namespace !== resource || thing.registry === null)) return false;
  if (resourceGroup !== null) {
    const isGroupItself = thing.registry === null && thing.namespace === null && thing.names === null;
    if ((isGroupItself ? thing.group : thing.namespaceGroup) !== resourceGroup) return false;
  }
  return givesByPolicy(policy, action);
}

/** Whether the roles of a policy hold an action, if its target matches. */
export function givesByPolicy({ roles, target }: AccessPolicyRecord, action: Action): boolean {
  const isWhole = target.resourceType === null && target.resource === null && target.resourceGroup === null;
  const holds = (role: string, ibm: string) =>
    (role === 'Reader' && reader.test(ibm)) || (role === 'Writer' && writer.test(ibm)) || role === 'Manager';
  return roles.some((role) =>
    role === 'Administrator'
      ? administrator.test(action)
      : ibmActions.some(
          ({ name, class: kind, actions }) =>
            actions.includes(action) &&
            (kind === 'use' || isWhole) &&
            holds(role, name.replace('container-registry.', '')),
        ),
  );
}

function isFromThePast(
  world: World,
  request: DecisionRequest,
  { isImported, ref }: DecisionRequest['principal'],
): boolean {
  const { account, action, context } = request;
  if (isImported !== true || !ref.startsWith('user:') || (context?.atMs ?? Infinity) >= Date.UTC(2022, 6, 5))
    return false;
  if (['signature/write', 'network/write'].includes(action)) return false;
  const { region } = thingOf(world, request);
  return (
    ibmActions.some(({ actions }) => actions.includes(action)) &&
    world.enforcements.some(
      (e) => e.region === region && !e.isEnforced && e.account === account && e.status === 'active',
    )
  );
}

function isForbidden(world: World, request: DecisionRequest): boolean {
  const thing = thingOf(world, request);
  return world.prohibitions.some(({ scope, actions, status, account, exceptFrom }) => {
    if (status !== 'active' || account !== request.account) return false;
    if (actions !== null && !actions.includes(request.action)) return false;
    if (exceptFrom.length > 0 && request.context?.address?.startsWith('10.') === true) return false;
    if (scope.kind === 'account') return true;
    if (scope.kind === 'resource-group') return [thing.group, thing.namespaceGroup].includes(scope.resourceGroup);
    if (scope.registryId !== thing.registry) return false;
    if (scope.kind === 'registry') return true;
    if (scope.kind === 'repository') return thing.names?.some((name) => namesOf(scope.pattern).includes(name)) === true;
    return thing.namespace === scope.namespace || (thing.namespace === null && thing.names !== null);
  });
}
