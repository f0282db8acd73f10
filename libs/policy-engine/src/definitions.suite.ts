import type { AccessPolicy } from './access-policy.js';
import type { DefinitionsView } from './decision.js';
import type { EnforcementRecord } from './enforcement.js';
import type { PrincipalRef } from './principal.js';
import type { Prohibition } from './prohibition.js';
import type { AnonymousAccessRecord, NamespaceRecord, RegistryRecord } from './resource.js';
import type { RoleAssignment } from './role-assignment.js';
import type { RoleDefinition } from './role-definition.js';
import type { ScopeMap } from './scope-map.js';
import type { GrantDirectory } from './who-can.js';

/** All definitions of a world, as a service's copy would hold them. */
export interface Definitions {
  readonly registries: readonly RegistryRecord[];
  readonly namespaces: readonly NamespaceRecord[];
  readonly scopeMaps: readonly ScopeMap[];
  readonly roleDefinitions: readonly RoleDefinition[];
  readonly roleAssignments: readonly RoleAssignment[];
  readonly accessPolicies: readonly AccessPolicy[];
  readonly enforcements: readonly EnforcementRecord[];
  readonly anonymousAccess: readonly AnonymousAccessRecord[];
  readonly prohibitions: readonly Prohibition[];
  readonly members: ReadonlyMap<PrincipalRef, readonly PrincipalRef[]>;
  readonly importedUsers: readonly PrincipalRef[];
  readonly enforcementMandatoryFromMs: number;
}

export const noDefinitions: Definitions = {
  registries: [],
  namespaces: [],
  scopeMaps: [],
  roleDefinitions: [],
  roleAssignments: [],
  accessPolicies: [],
  enforcements: [],
  anonymousAccess: [],
  prohibitions: [],
  members: new Map(),
  importedUsers: [],
  enforcementMandatoryFromMs: Date.UTC(2022, 6, 5),
};

export type WholeView = Required<DefinitionsView> & GrantDirectory;

/** A view that hands out everything, deleted and foreign things too: the engine has to look. */
export function viewOfDefinitions(some: Partial<Definitions>): WholeView {
  const all: Definitions = { ...noDefinitions, ...some };
  const assignments = Map.groupBy(all.roleAssignments, ({ principal }) => principal);
  const policies = Map.groupBy(all.accessPolicies, ({ principal }) => principal);
  return {
    scopeMap: (id) => all.scopeMaps.find((map) => map.id === id) ?? null,
    roleAssignmentsOf: (ref) => assignments.get(ref) ?? [],
    roleDefinition: (id) => all.roleDefinitions.find((role) => role.id === id) ?? null,
    accessPoliciesOf: (ref) => policies.get(ref) ?? [],
    enforcementsOf: () => all.enforcements,
    enforcementMandatoryFromMs: () => all.enforcementMandatoryFromMs,
    registry: (id) => all.registries.find((registry) => registry.id === id) ?? null,
    namespace: (registryId, name) =>
      all.namespaces.find((each) => each.registryId === registryId && each.name === name) ?? null,
    namespacesOf: (registryId) => all.namespaces.filter((each) => each.registryId === registryId),
    anonymousAccessOf: (registryId) => all.anonymousAccess.find((each) => each.registryId === registryId) ?? null,
    prohibitionsOn: () => all.prohibitions,
    roleAssignmentsIn: () => all.roleAssignments,
    accessPoliciesIn: () => all.accessPolicies,
    scopeMapsIn: (registryId) => all.scopeMaps.filter((map) => map.registryId === registryId),
    membersOf: (group) => all.members.get(group) ?? [],
    importedUsersOf: () => all.importedUsers,
  };
}
