import fc from 'fast-check';
import { actionCatalogue, parseRepositoryPattern } from '@berth/access';
import type { Action, RepositoryPattern } from '@berth/access';
import { indexAccessPolicy } from './access-policy.js';
import type { AccessPolicyRecord } from './access-policy.js';
import type { DecisionRequest } from './decision.js';
import { viewOfDefinitions } from './definitions.suite.js';
import type { Definitions, WholeView } from './definitions.suite.js';
import type { EnforcementRecord } from './enforcement.js';
import { parsePrincipalRef } from './principal.js';
import type { Principal, PrincipalRef } from './principal.js';
import { indexProhibition } from './prohibition.js';
import type { ProhibitionRecord } from './prohibition.js';
import type { NamespaceRecord, RegistryRecord } from './resource.js';
import { builtInRoles } from './role.js';
import type { AssignmentScope, RoleAssignment } from './role-assignment.js';
import { indexRoleDefinition } from './role-definition.js';
import type { RoleDefinitionRecord } from './role-definition.js';
import { indexScopeMap } from './scope-map.js';
import type { ScopeMapRecord } from './scope-map.js';

/** Definitions as their owner writes them: what an oracle reads, and what a view is made of. */
export interface World {
  readonly registries: readonly RegistryRecord[];
  readonly namespaces: readonly NamespaceRecord[];
  readonly scopeMaps: readonly ScopeMapRecord[];
  readonly roleDefinitions: readonly RoleDefinitionRecord[];
  readonly roleAssignments: readonly RoleAssignment[];
  readonly accessPolicies: readonly AccessPolicyRecord[];
  readonly enforcements: readonly EnforcementRecord[];
  readonly anonymous: readonly RepositoryPattern[];
  readonly prohibitions: readonly ProhibitionRecord[];
}

const ref = (s: string): PrincipalRef => parsePrincipalRef(s);
export const leads = ref('group:leads');
export const all = ref('group:all');

const alone = { account: 'default', groups: [], scopeMapId: null };
const u1: Principal = { ...alone, ref: ref('user:u1'), groups: [leads, all] };
const map = { ...alone, scopeMapId: 'm1' };

/** Everybody there is in a generated world. */
export const principals: readonly Principal[] = [
  u1,
  { ...alone, ref: ref('user:u2') },
  { ...alone, ref: ref('user:u3'), groups: [all], isImported: true },
  { ...alone, ref: ref('service:s1'), groups: [leads] },
  { ...alone, ref: ref('workload:w1') },
  { ...alone, ref: ref('user:u1'), account: 'other' },
  { ...map, ref: ref('token:t1') },
  { ...map, ref: ref('token:t2'), owner: u1 },
  { ...map, ref: ref('device:f/d'), scopeMapId: 'm2' },
  { ...map, ref: ref('token:t3'), scopeMapId: 'r1/_repositories_pull' },
  { ...alone, ref: ref('token:t4') },
  { ...alone, ref: leads },
  { ...alone, ref: ref('anonymous:default') },
];

const members = new Map(
  [leads, all].map((group) => [
    group,
    principals.filter(({ groups }) => groups.includes(group)).map((each) => each.ref),
  ]),
);

/** As a service would copy it. */
export function viewOfWorld(world: World): WholeView {
  return viewOfDefinitions(definitionsOfWorld(world));
}

export function definitionsOfWorld(world: World): Partial<Definitions> {
  const anonymous = { id: 'open', account: 'default', registryId: 'r1', version: 1, status: 'active' } as const;
  return {
    ...world,
    scopeMaps: world.scopeMaps.map(indexScopeMap),
    roleDefinitions: world.roleDefinitions.map(indexRoleDefinition),
    accessPolicies: world.accessPolicies.map(indexAccessPolicy),
    anonymousAccess: [{ ...anonymous, repositories: world.anonymous }],
    prohibitions: world.prohibitions.map(indexProhibition),
    members,
    importedUsers: [ref('user:u3')],
  };
}

/** Names that are prefixes of each other, in every way that has gone wrong somewhere. */
const names = [
  'team',
  'team-evil',
  'team-evil/app',
  'team/app',
  'team/app/sub',
  'a',
  'a/b',
  'ab/b',
  'teams/app',
] as const;
const patterns = [...names, 'team/*', 'team/app/*', 'a/*', 'team-evil/*', '*'] as const;
export const anyName = fc.constantFrom(...names).map(parseRepositoryPattern);
const anyPattern = fc.constantFrom(...patterns).map(parseRepositoryPattern);
const anyNamespace = fc.constantFrom('team', 'team-evil', 'a');
const anyRegistry = fc.constantFrom('r1', 'r1', 'r2', 'r3');
const anyGroup = fc.constantFrom('g1', 'g2');
const anyAccount = fc.constantFrom('default', 'default', 'default', 'default', 'default', 'other');
const status = fc.constantFrom<'active' | 'deleted'>('active', 'active', 'active', 'active', 'active', 'deleted');
const lifeOf = (prefix: string) => ({
  id: fc.constantFrom(`${prefix}1`, `${prefix}2`, `${prefix}3`, `${prefix}4`),
  account: anyAccount,
  version: fc.constant(1),
  status,
});
/** Few enough that what is asked is often held. */
export const anyAction = fc.constantFrom<Action>(
  ...([
    'content/read',
    'content/write',
    'content/delete',
    'metadata/read',
    'quarantine/read',
    'signature/write',
  ] as const),
  ...(['registries/read', 'tokens/write', 'retention/write', 'network/write', 'quota/write'] as const),
  ...(['namespaces/list', 'namespaces/write', 'roleAssignments/write', 'serviceIds/write', 'trash/restore'] as const),
);
const anyGrantable = fc.constantFrom(...actionCatalogue.map(({ action }) => action));

const anyScope: fc.Arbitrary<AssignmentScope> = fc.oneof(
  fc.constant({ kind: 'account' } as const),
  fc.record({ kind: fc.constant('resource-group' as const), resourceGroup: anyGroup }),
  fc.record({ kind: fc.constant('registry' as const), registryId: anyRegistry }),
  fc.record({ kind: fc.constant('namespace' as const), registryId: anyRegistry, namespace: anyNamespace }),
  fc.record({ kind: fc.constant('repository' as const), registryId: anyRegistry, pattern: anyPattern }),
);
const anyHolder = fc.constantFrom(
  ...['user:u1', 'user:u2', 'service:s1', 'workload:w1', 'group:leads', 'group:all', 'token:t1'].map(ref),
);

const anyRole = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('Owner', 'Contributor', 'Reader', 'AcrPush') },
  { weight: 2, arbitrary: fc.constantFrom('c1', 'c2', 'c3', 'No such role') },
  { weight: 1, arbitrary: fc.constantFrom(...builtInRoles.keys()) },
);
const anyAssignment: fc.Arbitrary<RoleAssignment> = fc.record(
  {
    ...lifeOf('a'),
    principal: anyHolder,
    role: anyRole,
    scope: anyScope,
    condition: fc.record({ repositories: fc.array(anyPattern, { minLength: 1, maxLength: 2 }) }),
  },
  { requiredKeys: ['id', 'account', 'version', 'status', 'principal', 'role', 'scope'] },
);
const or = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 2 });
const anyPolicy: fc.Arbitrary<AccessPolicyRecord> = fc.record({
  ...lifeOf('p'),
  subject: anyHolder,
  roles: fc.array(fc.constantFrom('Reader', 'Writer', 'Manager', 'Administrator', 'Viewer'), {
    minLength: 1,
    maxLength: 2,
  }),
  target: fc.record({
    serviceName: fc.constantFrom('container-registry', 'container-registry', 'container-registry', 'other', null),
    serviceInstance: fc.constantFrom(null, null, null, null, null, 'one'),
    region: or(fc.constantFrom('eu', 'us')),
    resourceType: fc.constantFrom(null, 'namespace', 'bucket'),
    resource: or(anyNamespace),
    resourceGroup: or(anyGroup),
    isForAllServices: fc.constantFrom(false, false, true),
  }),
});
const anyLine = fc
  .tuple(
    anyPattern,
    fc.constantFrom(...actionCatalogue.filter((row) => row.acrScopeMap !== null).map((row) => row.action)),
  )
  .map(([pattern, action]) => `repositories/${pattern}/${action}`);
const onlyOne = { selector: ({ id }: { readonly id: string }) => id };

export const anyProhibition: fc.Arbitrary<ProhibitionRecord> = fc.record({
  ...lifeOf('x'),
  kind: fc.constant('lock' as const),
  scope: anyScope,
  actions: or(fc.array(anyGrantable, { minLength: 4, maxLength: 20, size: 'max' })),
  exceptFrom: fc.constantFrom<string[]>([], ['10.0.0.0/8']),
});

export const anyWorld: fc.Arbitrary<World> = fc.noBias(
  fc.record({
    registries: fc
      .tuple(or(fc.constantFrom('eu', 'us')), or(anyGroup), or(anyGroup), status)
      .map(([region, one, two, life]): RegistryRecord[] => [
        { id: 'r1', account: 'default', status: 'active', region, resourceGroup: one },
        { id: 'r2', account: 'default', status: life, region: 'us', resourceGroup: two },
        { id: 'r3', account: 'other', status: 'active', region: 'eu', resourceGroup: 'g1' },
      ]),
    namespaces: fc.uniqueArray(
      fc.record({ ...lifeOf('n'), registryId: anyRegistry, name: anyNamespace, resourceGroup: or(anyGroup) }),
      { maxLength: 3, size: 'max', selector: ({ registryId, name }) => `${registryId}/${name}` },
    ),
    scopeMaps: fc.uniqueArray(
      fc.record({
        ...lifeOf('m'),
        registryId: anyRegistry,
        name: fc.constant('map'),
        actions: fc.array(anyLine, { minLength: 6, maxLength: 20, size: 'max' }),
      }),
      { minLength: 2, maxLength: 4, size: 'max', ...onlyOne },
    ),
    roleDefinitions: fc.uniqueArray(
      fc.record({
        ...lifeOf('c'),
        name: fc.constant('custom'),
        actions: fc.array(anyGrantable, { maxLength: 40, size: 'max' }),
        notActions: fc.array(anyGrantable, { maxLength: 6 }),
        dataActions: fc.array(anyGrantable, { maxLength: 40, size: 'max' }),
        notDataActions: fc.array(anyGrantable, { maxLength: 6 }),
        assignableScopes: fc.array(anyScope, { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 2, maxLength: 4, size: 'max', ...onlyOne },
    ),
    roleAssignments: fc.array(anyAssignment, { minLength: 6, maxLength: 14, size: 'max' }),
    accessPolicies: fc.array(anyPolicy, { minLength: 4, maxLength: 9, size: 'max' }),
    enforcements: fc.array(
      fc.record({ ...lifeOf('e'), region: fc.constantFrom('eu', 'us'), isEnforced: fc.boolean() }),
      {
        maxLength: 2,
      },
    ),
    anonymous: fc.array(anyPattern, { maxLength: 2 }),
    prohibitions: fc.array(anyProhibition, { maxLength: 2 }),
  }),
);

const anyContext = fc.record(
  {
    atMs: fc.constantFrom(Date.UTC(2022, 0, 1), Date.UTC(2026, 0, 1)),
    address: fc.constantFrom('10.0.0.1', '8.8.8.8'),
  },
  { requiredKeys: [] },
);
const where = fc.oneof(
  { weight: 6, arbitrary: fc.record({ registryId: anyRegistry, repository: anyName }) },
  { weight: 2, arbitrary: fc.record({ registryId: anyRegistry, repository: anyPattern }) },
  { weight: 2, arbitrary: fc.record({ registryId: anyRegistry, repository: fc.constant(null) }) },
  {
    weight: 2,
    arbitrary: fc.record({ registryId: anyRegistry, repository: fc.constant(null), namespace: anyNamespace }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      registryId: fc.constant(null),
      repository: fc.constant(null),
      resourceGroup: or(anyGroup),
      region: or(fc.constantFrom('eu', 'us')),
    }),
  },
);
export const anyPlace = fc
  .tuple(where, anyContext)
  .map(([place, context]): Omit<DecisionRequest, 'principal' | 'action'> => ({
    account: 'default',
    ...place,
    context,
  }));

export const anyRequest = fc
  .tuple(fc.constantFrom(...principals, ...principals.slice(0, 4), ...principals.slice(0, 4)), anyAction, anyPlace)
  .map(([principal, action, place]): DecisionRequest => ({ ...place, principal, action }));
