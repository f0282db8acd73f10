import { actionCatalogue, ibmActions } from '@berth/access';
import type { Action } from '@berth/access';
import { z } from 'zod';
import type { AccessPolicyRecord } from './access-policy.js';
import type { DecisionRequest } from './decision.js';
import { givesByPolicy, isScopeWithin, thingOf } from './naive-oracle.suite.js';
import { builtInRoles } from './role.js';
import type { AssignmentScope, RoleAssignment } from './role-assignment.js';
import type { World } from './world.suite.js';

/** The two functions of Cedar's engine that are used here. */
interface Cedar {
  preparsePolicySet(id: string, policies: { readonly staticPolicies: string }): unknown;
  statefulIsAuthorized(call: object): unknown;
}

const parsed = z.object({ type: z.literal('success') });
const answer = z.object({
  type: z.literal('success'),
  response: z.object({
    decision: z.enum(['allow', 'deny']),
    diagnostics: z.object({ errors: z.array(z.unknown()).max(0) }),
  }),
});

/** Cedar, or null where it is not installed. */
export async function loadCedar(): Promise<Cedar | null> {
  const specifier: string = '@cedar-policy/cedar-wasm/nodejs';
  try {
    const loaded: { readonly default: Cedar } = await import(specifier);
    return loaded.default;
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ERR_MODULE_NOT_FOUND') return null;
    throw e;
  }
}

/** Asks Cedar what the engine is asked: the same world, as a set of Cedar's policies. */
export function cedarOf(cedar: Cedar, world: World): (request: DecisionRequest) => boolean {
  parsed.parse(cedar.preparsePolicySet('world', { staticPolicies: policiesOf(world).join('\n') }));
  const ask = (request: DecisionRequest): boolean => {
    const { principal, action } = request;
    const call = {
      principal: entity('P', principal.ref),
      action: entity('Action', action),
      resource: entity('R', 'asked'),
      context: contextOf(world, request),
      preparsedPolicySetId: 'world',
      entities: [
        { uid: entity('P', principal.ref), attrs: {}, parents: principal.groups.map((ref) => entity('P', ref)) },
      ],
    };
    const isAllowed = answer.parse(cedar.statefulIsAuthorized(call)).response.decision === 'allow';
    return isAllowed && (principal.owner === undefined || ask({ ...request, principal: principal.owner }));
  };
  return ask;
}

const entity = (type: string, id: string) => ({ type, id });

/** Every fact under a name of its own; what is not there is the empty text. */
function contextOf(world: World, request: DecisionRequest) {
  const { principal, account, repository, action, context = {} } = request;
  const row = actionCatalogue.find((each) => each.action === action);
  const thing = thingOf(world, request);
  return {
    isHome: principal.account === account,
    kind: principal.ref.split(':')[0] ?? '',
    scopeMap: principal.scopeMapId ?? '',
    isImported: principal.isImported === true,
    level: row?.level ?? '',
    registry: thing.registry ?? '',
    region: thing.region ?? '',
    group: thing.group ?? '',
    namespace: thing.namespace ?? '',
    namespaceGroup: thing.namespaceGroup ?? '',
    repository: repository ?? (row?.repositoryScoped === true ? '*' : ''),
    lines: repository ?? '*',
    atMs: context.atMs ?? Number.MAX_SAFE_INTEGER,
    address: { __extn: { fn: 'ip', arg: context.address ?? '0.0.0.0' } },
  };
}

const q = (text: string) => JSON.stringify(text);
const isPerson = 'context.isHome && ["user", "service", "workload"].contains(context.kind)';
const isToken = 'context.isHome && ["token", "device"].contains(context.kind)';

function policiesOf(world: World): string[] {
  const counts = (each: { readonly status: string; readonly account: string }) =>
    each.status === 'active' && each.account === 'default';
  return [
    ...world.roleAssignments.filter(counts).flatMap((each) => assignment(world, each)),
    ...world.accessPolicies.filter(counts).flatMap(policy),
    ...world.scopeMaps.filter(counts).flatMap(({ id, registryId, actions }) =>
      actions.map((line) => {
        const action = line.split('/').slice(-2).join('/');
        const pattern = line.slice('repositories/'.length, -action.length - 1);
        return permit(
          '',
          [action],
          `${isToken} && context.scopeMap == ${q(id)} && ${at(registryId)} && ${like('lines', pattern)}`,
        );
      }),
    ),
    permit('', ['content/read'], `${isToken} && context.scopeMap == "r1/_repositories_pull" && ${at('r1')}`),
    ...world.anonymous.map((pattern) =>
      permit(
        '',
        ['content/read'],
        `context.isHome && context.kind == "anonymous" && ${at('r1')} && ${like('repository', pattern)}`,
      ),
    ),
    ...world.enforcements
      .filter((each) => counts(each) && !each.isEnforced)
      .map(({ region }) =>
        permit(
          '',
          ibmActions.flatMap(({ actions }) => actions).filter((each) => !/^(?:signature|network)\/write$/.test(each)),
          `context.isHome && context.kind == "user" && context.isImported && context.region == ${q(region)} && context.atMs < ${Date.UTC(2022, 6, 5)}`,
        ),
      ),
    ...world.prohibitions.filter(counts).map(({ scope, actions, exceptFrom }) => {
      const unless = exceptFrom.map((cidr) => ` unless { context.address.isInRange(ip(${q(cidr)})) }`).join('');
      return `forbid(principal, ${among(actions)}, resource) when { ${touches(scope)} }${unless};`;
    }),
  ];
}

function permit(principal: string, actions: readonly string[], when: string): string {
  return `permit(principal${principal}, ${among(actions)}, resource) when { ${when} };`;
}

function among(actions: readonly string[] | null): string {
  return actions === null ? 'action' : `action in [${actions.map((each) => `Action::${q(each)}`).join(', ')}]`;
}

const at = (registryId: string) => `context.registry == ${q(registryId)}`;
const like = (fact: string, pattern: string) => `context.${fact} like ${q(pattern)}`;

function assignment(world: World, each: RoleAssignment): string[] {
  const { role, principal, scope, condition } = each;
  const custom = world.roleDefinitions.find(
    ({ id, status, account }) => id === role && status === 'active' && account === 'default',
  );
  const isAssignable = custom?.assignableScopes.some((outer) => isScopeWithin(world, outer, each)) === true;
  const own =
    custom === undefined || !isAssignable
      ? []
      : [
          ...custom.actions.filter((action) => !custom.notActions.includes(action)),
          ...custom.dataActions.filter((action) => !custom.notDataActions.includes(action)),
        ];
  const patterns = condition?.repositories.map((pattern) => like('repository', pattern)).join(' || ');
  const under =
    patterns === undefined ? '' : ` && context.level == "repository" && context.repository != "" && (${patterns})`;
  const actions = [...(builtInRoles.get(role) ?? own)];
  return [permit(` in P::${q(principal)}`, actions, `${isPerson} && ${within(scope)}${under}`)];
}

function within(scope: AssignmentScope): string {
  switch (scope.kind) {
    case 'account':
      return 'true';
    case 'resource-group':
      return `(context.group == ${q(scope.resourceGroup)} || (context.level != "registry" && context.namespaceGroup == ${q(scope.resourceGroup)}))`;
    case 'registry':
      return at(scope.registryId);
    case 'namespace':
      return `${at(scope.registryId)} && context.level != "registry" && context.namespace == ${q(scope.namespace)}`;
    case 'repository':
      return `${at(scope.registryId)} && context.level == "repository" && context.repository != "" && ${like('repository', scope.pattern)}`;
  }
}

function policy(each: AccessPolicyRecord): string[] {
  const { subject, target } = each;
  const { serviceName, serviceInstance, region, resourceType, resource, resourceGroup, isForAllServices } = target;
  const isOurs =
    serviceName === 'container-registry' || isForAllServices || (serviceName === null && resourceGroup !== null);
  const isWellFormed =
    serviceInstance === null && resourceType !== 'bucket' && (resource === null || resourceType !== null);
  if (!isOurs || !isWellFormed || !/^(?:user|service|group):/.test(subject)) return [];
  const actions = actionCatalogue.map(({ action }) => action).filter((action: Action) => givesByPolicy(each, action));
  const itself = 'context.registry == "" && context.namespace == "" && context.repository == ""';
  const when = [
    isPerson,
    ...(region === null ? [] : [`context.region == ${q(region)}`]),
    ...(resource === null ? [] : [`context.namespace == ${q(resource)} && context.registry != ""`]),
    ...(resourceGroup === null
      ? []
      : [`(if ${itself} then context.group else context.namespaceGroup) == ${q(resourceGroup)}`]),
  ];
  return [permit(` in P::${q(subject)}`, actions, when.join(' && '))];
}

/** A prohibition concerns what it has anything in common with: also a prefix in which its own pattern lies. */
function touches(scope: AssignmentScope): string {
  switch (scope.kind) {
    case 'account':
    case 'registry':
      return within(scope);
    case 'resource-group':
      return `[context.group, context.namespaceGroup].contains(${q(scope.resourceGroup)})`;
    case 'namespace':
      return `${at(scope.registryId)} && (context.namespace == ${q(scope.namespace)} || (context.namespace == "" && context.repository != ""))`;
    case 'repository': {
      const parts = scope.pattern.replace(/\/?\*$/, '').split('/');
      const above = ['*', ...parts.map((_, n) => `${parts.slice(0, n + 1).join('/')}/*`)];
      const wider = scope.pattern.endsWith('*') ? above : above.slice(0, -1);
      const whole = scope.pattern === '*' ? ' || true' : '';
      return `${at(scope.registryId)} && context.repository != "" && (${like('repository', scope.pattern)} || ${JSON.stringify(wider)}.contains(context.repository)${whole})`;
    }
  }
}
