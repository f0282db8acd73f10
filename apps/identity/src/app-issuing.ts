import type { Runtime } from '@berth/foundation';
import { Database } from '@berth/persistence';
import { PasswordHasher, RefreshTokens } from '@berth/tokens';
import type { Provider, Type } from '@nestjs/common';
import { ActiveSigner } from './active-signer.js';
import { Authenticate } from './authenticate.js';
import type { IdentityConfig } from './config.js';
import { CREDENTIAL_STORE } from './credential.js';
import { ExchangeTokenController } from './exchange-token/exchange-token.controller.js';
import { ExchangeToken } from './exchange-token/exchange-token.js';
import { AuthenticateCaller } from './issue-management-token/authenticate-caller.js';
import { IssueManagementTokenController } from './issue-management-token/issue-management-token.controller.js';
import { IssueManagementToken } from './issue-management-token/issue-management-token.js';
import { ManagementTokenIssuer } from './issue-management-token/management-token-issuer.js';
import { AccessDecisions } from './issue-token/access-decisions.js';
import { AccessTokenIssuer } from './issue-token/access-token-issuer.js';
import { IssueTokenController } from './issue-token/issue-token.controller.js';
import { IssueToken } from './issue-token/issue-token.js';
import { TokenQuestions } from './issue-token/token-questions.js';
import { KnownRegistries } from './known-registries.js';
import { ListKeysController } from './list-keys/list-keys.controller.js';
import { ListKeys } from './list-keys/list-keys.js';
import { loginLimits } from './login-limit-providers.js';
import { OperatorAccess } from './operator-access.js';
import { ProveCredential } from './prove-credential.js';
import { PublishDiscoveryController } from './publish-discovery/publish-discovery.controller.js';
import { PublishKeysController } from './publish-keys/publish-keys.controller.js';
import { PublishKeys } from './publish-keys/publish-keys.js';
import { RevokeKeyController } from './revoke-key/revoke-key.controller.js';
import { RevokeKey } from './revoke-key/revoke-key.js';
import { RotateKeysController } from './rotate-keys/rotate-keys.controller.js';
import { RotateKeys } from './rotate-keys/rotate-keys.js';
import { SIGNING_KEY_STORE } from './signing-key.js';
import { signingKeys } from './signing-key-providers.js';
import { PostgresCredentialStore } from './storage/credential.store.js';
import { PostgresSigningKeyStore } from './storage/signing-key.store.js';
import { AuthenticateToken } from './token-authentication.js';
import { AuthenticateUser } from './user-authentication.js';

/** The part of the composition root that proves who somebody is, issues tokens, and looks after what signs them. */
export const issuingControllers: readonly Type[] = [
  IssueTokenController,
  ExchangeTokenController,
  IssueManagementTokenController,
  PublishDiscoveryController,
  PublishKeysController,
  ListKeysController,
  RotateKeysController,
  RevokeKeyController,
];

/** @param masterKey seals private keys and refresh tokens */
export function issuingProviders(runtime: Runtime<IdentityConfig>, masterKey: Buffer): readonly Provider[] {
  const { config, clock } = runtime;
  return [
    { provide: SIGNING_KEY_STORE, useClass: PostgresSigningKeyStore },
    { provide: CREDENTIAL_STORE, inject: [Database], useFactory: (db: Database) => new PostgresCredentialStore(db) },
    ActiveSigner,
    ...signingKeys(runtime, masterKey),
    { provide: PasswordHasher, useFactory: () => new PasswordHasher() },
    {
      provide: RefreshTokens,
      useFactory: () => new RefreshTokens({ masterKey, issuer: config.BERTH_PUBLIC_URL, clock }),
    },
    ...loginLimits(runtime),
    ...[AuthenticateToken, AuthenticateUser, Authenticate, ProveCredential, KnownRegistries],
    ...[AccessTokenIssuer, AccessDecisions, TokenQuestions, IssueToken, ExchangeToken],
    ...[ManagementTokenIssuer, AuthenticateCaller, IssueManagementToken],
    ...[OperatorAccess, PublishKeys, ListKeys, RotateKeys, RevokeKey],
  ];
}
