import type { Provider, Type } from '@nestjs/common';
import { AccountOwners } from './account-owners.js';
import { AccountRemains } from './account-remains.js';
import { AppointOwnerController } from './appoint-owner/appoint-owner.controller.js';
import { AppointOwner } from './appoint-owner/appoint-owner.js';
import { AccountReadings } from './account-readings.js';
import { AskedPrincipals } from './asked-principals.js';
import { ContentPolicyStore } from './content-policies.js';
import { CreateAccountController } from './create-account/create-account.controller.js';
import { CreateAccount } from './create-account/create-account.js';
import { NewAccounts } from './create-account/new-accounts.js';
import { DecideRequestsController } from './decide-requests/decide-requests.controller.js';
import { DecideRequests } from './decide-requests/decide-requests.js';
import { DecisionQuestionReader } from './decision-questions.js';
import { DecisionWorld } from './decision-world.js';
import { DefinitionSource } from './definition-source.js';
import { DeleteAccountController } from './delete-account/delete-account.controller.js';
import { DeleteAccount } from './delete-account/delete-account.js';
import { DeleteNamespaceController } from './delete-namespace/delete-namespace.controller.js';
import { DeleteNamespace } from './delete-namespace/delete-namespace.js';
import { DeleteRegistryController } from './delete-registry/delete-registry.controller.js';
import { DeleteRegistry } from './delete-registry/delete-registry.js';
import { DeletionAccess } from './deletion-access.js';
import { Deletions } from './deletions.js';
import { ExplainRequestsController } from './explain-requests/explain-requests.controller.js';
import { ExplainRequests } from './explain-requests/explain-requests.js';
import { AccountEnd } from './finish-deletion/account-end.js';
import { EndedDeletions } from './finish-deletion/ended-deletions.js';
import { EndingNamespaces } from './finish-deletion/ending-namespaces.js';
import { FinishDeletionController } from './finish-deletion/finish-deletion.controller.js';
import { FinishDeletion } from './finish-deletion/finish-deletion.js';
import { NamespaceEnd } from './finish-deletion/namespace-end.js';
import { RegistryEnd } from './finish-deletion/registry-end.js';
import { GetAccountController } from './get-account/get-account.controller.js';
import { GetAccount } from './get-account/get-account.js';
import { GetContentPolicy } from './get-content-policy/get-content-policy.js';
import { GetImmutabilityController } from './get-content-policy/get-immutability.controller.js';
import { GetQuarantineController } from './get-content-policy/get-quarantine.controller.js';
import { GetQuotaController } from './get-content-policy/get-quota.controller.js';
import { GetNamespaceController } from './get-namespace/get-namespace.controller.js';
import { GetNamespace } from './get-namespace/get-namespace.js';
import { KnownAccounts } from './known-accounts.js';
import { ListAccountsController } from './list-accounts/list-accounts.controller.js';
import { ListAccounts } from './list-accounts/list-accounts.js';
import { ListHoldersController } from './list-holders/list-holders.controller.js';
import { ListHolders } from './list-holders/list-holders.js';
import { ListTokens } from './list-holders/list-tokens.js';
import { ListNamespacesController } from './list-namespaces/list-namespaces.controller.js';
import { ListNamespaces } from './list-namespaces/list-namespaces.js';
import { ListPermissionsController } from './list-permissions/list-permissions.controller.js';
import { ListPermissions } from './list-permissions/list-permissions.js';
import { MovingAccess } from './moving-access.js';
import { NamespaceAccess } from './namespace-access.js';
import { NamespaceChanges } from './namespace-changes.js';
import { NamespaceStore } from './namespace.js';
import { OperatorAccess } from './operator-access.js';
import { PatchRegistryController } from './patch-registry/patch-registry.controller.js';
import { ProhibitionStore } from './prohibition.js';
import { PutContentPolicy } from './put-content-policy/put-content-policy.js';
import { PutImmutabilityController } from './put-content-policy/put-immutability.controller.js';
import { PutQuarantineController } from './put-content-policy/put-quarantine.controller.js';
import { PutQuotaController } from './put-content-policy/put-quota.controller.js';
import { PutNamespaceController } from './put-namespace/put-namespace.controller.js';
import { PutNamespace } from './put-namespace/put-namespace.js';
import { PutRegistryController } from './put-registry/put-registry.controller.js';
import { PutRegistry } from './put-registry/put-registry.js';
import { RegistryChanges } from './registry-changes.js';
import { NamespaceRemains } from './namespace-remains.js';
import { RegistryRemains } from './registry-remains.js';
import { RegistryUpdate } from './registry-update.js';
import { PostgresAccountRemains } from './storage/account-remains.store.js';
import { PostgresContentPolicyStore } from './storage/content-policy.store.js';
import { PostgresDefinitionSource } from './storage/definition.source.js';
import { PostgresNamespaceStore } from './storage/namespace.store.js';
import { PostgresProhibitionStore } from './storage/prohibition.store.js';
import { PostgresNamespaceRemains } from './storage/namespace-remains.store.js';
import { PostgresRegistryRemains } from './storage/registry-remains.store.js';

/** The routes of accounts, registries, namespaces, content policies and decisions. */
export const resourceControllers: readonly Type[] = [
  CreateAccountController,
  AppointOwnerController,
  GetAccountController,
  ListAccountsController,
  DeleteAccountController,
  PutRegistryController,
  PatchRegistryController,
  DeleteRegistryController,
  FinishDeletionController,
  PutNamespaceController,
  GetNamespaceController,
  DeleteNamespaceController,
  ListNamespacesController,
  PutQuarantineController,
  GetQuarantineController,
  PutImmutabilityController,
  GetImmutabilityController,
  PutQuotaController,
  GetQuotaController,
  DecideRequestsController,
  ExplainRequestsController,
  ListHoldersController,
  ListPermissionsController,
];

export const resourceUseCases: readonly Provider[] = [
  OperatorAccess,
  KnownAccounts,
  AccountOwners,
  NewAccounts,
  CreateAccount,
  AppointOwner,
  GetAccount,
  ListAccounts,
  DeleteAccount,
  DecisionWorld,
  AccountReadings,
  MovingAccess,
  NamespaceAccess,
  DeletionAccess,
  Deletions,
  RegistryChanges,
  RegistryUpdate,
  PutRegistry,
  DeleteRegistry,
  EndedDeletions,
  RegistryEnd,
  EndingNamespaces,
  NamespaceEnd,
  AccountEnd,
  FinishDeletion,
  NamespaceChanges,
  PutNamespace,
  GetNamespace,
  DeleteNamespace,
  ListNamespaces,
  PutContentPolicy,
  GetContentPolicy,
  AskedPrincipals,
  DecisionQuestionReader,
  DecideRequests,
  ExplainRequests,
  ListTokens,
  ListHolders,
  ListPermissions,
];

export const resourceStores: readonly Provider[] = [
  { provide: DefinitionSource, useClass: PostgresDefinitionSource },
  { provide: ContentPolicyStore, useClass: PostgresContentPolicyStore },
  { provide: NamespaceStore, useClass: PostgresNamespaceStore },
  { provide: ProhibitionStore, useClass: PostgresProhibitionStore },
  { provide: AccountRemains, useClass: PostgresAccountRemains },
  { provide: NamespaceRemains, useClass: PostgresNamespaceRemains },
  { provide: RegistryRemains, useClass: PostgresRegistryRemains },
];
