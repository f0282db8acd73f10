import { Database } from '@berth/persistence';
import type { Provider, Type } from '@nestjs/common';
import { AccountAccess } from './account-access.js';
import { AuthenticateCertificate } from './certificate-authentication.js';
import { CertificateChanges } from './certificate-changes.js';
import { ChangeOwnPasswordController } from './change-own-password/change-own-password.controller.js';
import { ChangeOwnPassword } from './change-own-password/change-own-password.js';
import { ChosenPasswords } from './chosen-password.js';
import { CreateApiKeyController } from './create-api-key/create-api-key.controller.js';
import { CreateApiKey } from './create-api-key/create-api-key.js';
import { CreateGroupController } from './create-group/create-group.controller.js';
import { CreateGroup } from './create-group/create-group.js';
import { CreateServiceIdController } from './create-service-id/create-service-id.controller.js';
import { CreateServiceId } from './create-service-id/create-service-id.js';
import { CreateUserController } from './create-user/create-user.controller.js';
import { CreateUser } from './create-user/create-user.js';
import { DeleteApiKeyController } from './delete-api-key/delete-api-key.controller.js';
import { DeleteCertificateController } from './delete-certificate/delete-certificate.controller.js';
import { DeleteGroupController } from './delete-group/delete-group.controller.js';
import { DeleteGroupMemberController } from './delete-group-member/delete-group-member.controller.js';
import { DeletePersonalTokenController } from './delete-personal-token/delete-personal-token.controller.js';
import { DeleteServiceIdController } from './delete-service-id/delete-service-id.controller.js';
import { DeleteUserController } from './delete-user/delete-user.controller.js';
import { DescribeGroupMembersController } from './describe-group-members/describe-group-members.controller.js';
import { DescribePrincipalsController } from './describe-principals/describe-principals.controller.js';
import { GetGroupController } from './get-group/get-group.controller.js';
import { GetOwnUserController } from './get-own-user/get-own-user.controller.js';
import { GetServiceIdController } from './get-service-id/get-service-id.controller.js';
import { GetUserController } from './get-user/get-user.controller.js';
import { GROUP_STORE } from './group.js';
import { GroupChanges } from './group-changes.js';
import { InitialPassword } from './initial-password.js';
import { KnownGroups } from './known-groups.js';
import { KnownServiceIds } from './known-service-ids.js';
import { KnownTokens } from './known-tokens.js';
import { KnownUsers } from './known-users.js';
import { LastOperator } from './last-operator.js';
import { ListApiKeysController } from './list-api-keys/list-api-keys.controller.js';
import { ListCertificatesController } from './list-certificates/list-certificates.controller.js';
import { ListGroupMembersController } from './list-group-members/list-group-members.controller.js';
import { ListGroupsController } from './list-groups/list-groups.controller.js';
import { ListImportedUsersController } from './list-imported-users/list-imported-users.controller.js';
import { ListPersonalTokensController } from './list-personal-tokens/list-personal-tokens.controller.js';
import { ListScopeMapHoldersController } from './list-scope-map-holders/list-scope-map-holders.controller.js';
import { ListServiceIdsController } from './list-service-ids/list-service-ids.controller.js';
import { ListUsersController } from './list-users/list-users.controller.js';
import { LOG_IN_STORE } from './log-in.js';
import { MintPersonalTokenController } from './mint-personal-token/mint-personal-token.controller.js';
import { MintPersonalToken } from './mint-personal-token/mint-personal-token.js';
import { OwnTokens } from './own-tokens.js';
import { OwnUser } from './own-user.js';
import { PatchServiceIdController } from './patch-service-id/patch-service-id.controller.js';
import { PatchServiceId } from './patch-service-id/patch-service-id.js';
import { PatchUserController } from './patch-user/patch-user.controller.js';
import { PatchUser } from './patch-user/patch-user.js';
import { PersonalRights } from './personal-rights.js';
import { PRINCIPAL_STORE } from './principal.js';
import { PrincipalChanges } from './principal-changes.js';
import { PutCertificateController } from './put-certificate/put-certificate.controller.js';
import { PutCertificate } from './put-certificate/put-certificate.js';
import { PutGroupMemberController } from './put-group-member/put-group-member.controller.js';
import { PutGroupMember } from './put-group-member/put-group-member.js';
import { AuthenticateService } from './service-authentication.js';
import { SERVICE_ID_STORE } from './service-id.js';
import { ServiceIdChanges } from './service-id-changes.js';
import { PostgresGroupStore } from './storage/group.store.js';
import { PostgresLogInStore } from './storage/log-in.store.js';
import { PostgresPrincipalStore } from './storage/principal.store.js';
import { PostgresServiceIdStore } from './storage/service-id.store.js';
import { PostgresTokenCertificateStore } from './storage/token-certificate.store.js';
import { PostgresUserStore } from './storage/user.store.js';
import { TOKEN_CERTIFICATE_STORE } from './token-certificate.js';
import { TokenChoice } from './token-choice.js';
import { USER_STORE } from './user.js';
import { UserChanges } from './user-changes.js';

/** The part of the composition root that handles users, service IDs, groups and people's own tokens. */
export const principalControllers: readonly Type[] = [
  CreateUserController,
  GetOwnUserController,
  GetUserController,
  ListUsersController,
  PatchUserController,
  DeleteUserController,
  ChangeOwnPasswordController,
  MintPersonalTokenController,
  ListPersonalTokensController,
  DeletePersonalTokenController,
  CreateServiceIdController,
  GetServiceIdController,
  ListServiceIdsController,
  PatchServiceIdController,
  DeleteServiceIdController,
  CreateApiKeyController,
  ListApiKeysController,
  DeleteApiKeyController,
  CreateGroupController,
  GetGroupController,
  ListGroupsController,
  DeleteGroupController,
  PutGroupMemberController,
  DeleteGroupMemberController,
  ListGroupMembersController,
  PutCertificateController,
  ListCertificatesController,
  DeleteCertificateController,
  DescribePrincipalsController,
  DescribeGroupMembersController,
  ListScopeMapHoldersController,
  ListImportedUsersController,
];

const stores: readonly Provider[] = [
  { provide: USER_STORE, useClass: PostgresUserStore },
  { provide: SERVICE_ID_STORE, useClass: PostgresServiceIdStore },
  { provide: GROUP_STORE, useClass: PostgresGroupStore },
  { provide: PRINCIPAL_STORE, useClass: PostgresPrincipalStore },
  {
    provide: TOKEN_CERTIFICATE_STORE,
    inject: [Database],
    useFactory: (db: Database) => new PostgresTokenCertificateStore(db),
  },
  { provide: LOG_IN_STORE, inject: [Database], useFactory: (db: Database) => new PostgresLogInStore(db) },
];

/** @param dataDir where the generated first password is */
export function principalProviders(dataDir: string): readonly Provider[] {
  return [
    ...stores,
    { provide: InitialPassword, useFactory: () => new InitialPassword(dataDir) },
    AccountAccess,
    AuthenticateService,
    AuthenticateCertificate,
    CertificateChanges,
    KnownTokens,
    PutCertificate,
    ChosenPasswords,
    PrincipalChanges,
    UserChanges,
    ServiceIdChanges,
    GroupChanges,
    KnownUsers,
    KnownServiceIds,
    KnownGroups,
    LastOperator,
    OwnUser,
    OwnTokens,
    PersonalRights,
    TokenChoice,
    CreateUser,
    PatchUser,
    ChangeOwnPassword,
    MintPersonalToken,
    CreateServiceId,
    PatchServiceId,
    CreateApiKey,
    CreateGroup,
    PutGroupMember,
  ];
}
