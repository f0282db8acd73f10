import type { Provider, Type } from '@nestjs/common';
import { AccessPolicyChanges } from './access-policy-changes.js';
import { AccessPolicyStore } from './access-policy.js';
import { AnonymousAccessStore } from './anonymous-access.js';
import { CreateAccessPolicyController } from './create-access-policy/create-access-policy.controller.js';
import { CreateAccessPolicy } from './create-access-policy/create-access-policy.js';
import { CreateRoleAssignmentController } from './create-role-assignment/create-role-assignment.controller.js';
import { CreateRoleAssignment } from './create-role-assignment/create-role-assignment.js';
import { CreateRoleDefinitionController } from './create-role-definition/create-role-definition.controller.js';
import { CreateRoleDefinition } from './create-role-definition/create-role-definition.js';
import { DefinitionChanges } from './definition-changes.js';
import { DeleteAccessPolicyController } from './delete-access-policy/delete-access-policy.controller.js';
import { DeleteAccessPolicy } from './delete-access-policy/delete-access-policy.js';
import { DeleteRoleAssignmentController } from './delete-role-assignment/delete-role-assignment.controller.js';
import { DeleteRoleAssignment } from './delete-role-assignment/delete-role-assignment.js';
import { DeleteRoleDefinitionController } from './delete-role-definition/delete-role-definition.controller.js';
import { DeleteRoleDefinition } from './delete-role-definition/delete-role-definition.js';
import { EnforcementStore } from './enforcement.js';
import { GetAccessPolicyController } from './get-access-policy/get-access-policy.controller.js';
import { GetAccessPolicy } from './get-access-policy/get-access-policy.js';
import { GetAnonymousAccessController } from './get-anonymous-access/get-anonymous-access.controller.js';
import { GetAnonymousAccess } from './get-anonymous-access/get-anonymous-access.js';
import { GetEnforcementController } from './get-enforcement/get-enforcement.controller.js';
import { GetEnforcement } from './get-enforcement/get-enforcement.js';
import { GetRoleAssignmentController } from './get-role-assignment/get-role-assignment.controller.js';
import { GetRoleAssignment } from './get-role-assignment/get-role-assignment.js';
import { GetRoleDefinitionController } from './get-role-definition/get-role-definition.controller.js';
import { GetRoleDefinition } from './get-role-definition/get-role-definition.js';
import { GrantSource } from './grant-source.js';
import { ListAccessPoliciesController } from './list-access-policies/list-access-policies.controller.js';
import { ListAccessPolicies } from './list-access-policies/list-access-policies.js';
import { ListOperationsController } from './list-operations/list-operations.controller.js';
import { ListRoleAssignmentsController } from './list-role-assignments/list-role-assignments.controller.js';
import { ListRoleAssignments } from './list-role-assignments/list-role-assignments.js';
import { ListRoleDefinitionsController } from './list-role-definitions/list-role-definitions.controller.js';
import { ListRoleDefinitions } from './list-role-definitions/list-role-definitions.js';
import { PutAccessPolicyController } from './put-access-policy/put-access-policy.controller.js';
import { PutAccessPolicy } from './put-access-policy/put-access-policy.js';
import { PutAnonymousAccessController } from './put-anonymous-access/put-anonymous-access.controller.js';
import { PutAnonymousAccess } from './put-anonymous-access/put-anonymous-access.js';
import { PutEnforcementController } from './put-enforcement/put-enforcement.controller.js';
import { PutEnforcement } from './put-enforcement/put-enforcement.js';
import { PutRoleDefinitionController } from './put-role-definition/put-role-definition.controller.js';
import { PutRoleDefinition } from './put-role-definition/put-role-definition.js';
import { PublishedDefinitions } from './published-definitions.js';
import { RoleAssignmentChanges } from './role-assignment-changes.js';
import { RoleDefinitionChanges } from './role-definition-changes.js';
import { RoleDefinitionStore } from './role-definition.js';
import { ShownAssignments } from './shown-assignments.js';
import { PostgresAccessPolicyStore } from './storage/access-policy.store.js';
import { PostgresAnonymousAccessStore } from './storage/anonymous-access.store.js';
import { PostgresEnforcementStore } from './storage/enforcement.store.js';
import { PostgresGrantSource } from './storage/grant.source.js';
import { PostgresPublishedDefinitions } from './storage/published-definitions.store.js';
import { PostgresRoleDefinitionStore } from './storage/role-definition.store.js';

/** The routes of roles, role assignments, access policies, enforcement and anonymous access. */
export const grantControllers: readonly Type[] = [
  ListOperationsController,
  CreateRoleDefinitionController,
  PutRoleDefinitionController,
  GetRoleDefinitionController,
  ListRoleDefinitionsController,
  DeleteRoleDefinitionController,
  CreateRoleAssignmentController,
  GetRoleAssignmentController,
  ListRoleAssignmentsController,
  DeleteRoleAssignmentController,
  CreateAccessPolicyController,
  PutAccessPolicyController,
  GetAccessPolicyController,
  ListAccessPoliciesController,
  DeleteAccessPolicyController,
  GetEnforcementController,
  PutEnforcementController,
  GetAnonymousAccessController,
  PutAnonymousAccessController,
];

export const grantUseCases: readonly Provider[] = [
  DefinitionChanges,
  RoleDefinitionChanges,
  RoleAssignmentChanges,
  AccessPolicyChanges,
  ShownAssignments,
  CreateRoleDefinition,
  PutRoleDefinition,
  GetRoleDefinition,
  ListRoleDefinitions,
  DeleteRoleDefinition,
  CreateRoleAssignment,
  GetRoleAssignment,
  ListRoleAssignments,
  DeleteRoleAssignment,
  CreateAccessPolicy,
  PutAccessPolicy,
  GetAccessPolicy,
  ListAccessPolicies,
  DeleteAccessPolicy,
  GetEnforcement,
  PutEnforcement,
  GetAnonymousAccess,
  PutAnonymousAccess,
];

export const grantStores: readonly Provider[] = [
  { provide: PublishedDefinitions, useClass: PostgresPublishedDefinitions },
  { provide: GrantSource, useClass: PostgresGrantSource },
  { provide: RoleDefinitionStore, useClass: PostgresRoleDefinitionStore },
  { provide: AccessPolicyStore, useClass: PostgresAccessPolicyStore },
  { provide: EnforcementStore, useClass: PostgresEnforcementStore },
  { provide: AnonymousAccessStore, useClass: PostgresAnonymousAccessStore },
];
