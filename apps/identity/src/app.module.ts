import { readInternalKeys, readKeyFile } from '@berth/config';
import { definitionChanged, minimumRaised, repositoryDeleted, signingKeyChanged } from '@berth/contracts';
import {
  followIdentity,
  followPolicy,
  followRegistry,
  PolicyFollowing,
  RegistryFollowing,
  type FollowingModule,
} from '@berth/definitions';
import { followedOwner, foundationProviders, type Runtime, ReadChangesController } from '@berth/foundation';
import { InternalClient, RefusedEntries, SERVICE_SURFACE, trustedProxies, type TrustedHops } from '@berth/http';
import { KafkaStrategy, Outbox, readChanges, Spool } from '@berth/messaging';
import { Database } from '@berth/persistence';
import { PasswordHasher, RefreshTokens } from '@berth/tokens';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ActiveSigner } from './active-signer.js';
import { fleetControllers, fleetProviders } from './app-fleets.js';
import { manyTokens } from './app-tokens.js';
import { CreateAdmin } from './bootstrap-installation/create-admin.js';
import { PrepareInstallation } from './bootstrap-installation/prepare-installation.js';
import { ProvideSigningKey } from './bootstrap-installation/provide-signing-key.js';
import { configuredAdminPassword, type IdentityConfig } from './config.js';
import { CountTokensController } from './count-tokens/count-tokens.controller.js';
import { CountTokens } from './count-tokens/count-tokens.js';
import { CREDENTIAL_STORE, type CredentialStore } from './credential.js';
import { DefinitionsCopy } from './definitions-copy.js';
import { DeletePasswordController } from './delete-password/delete-password.controller.js';
import { DeletePassword } from './delete-password/delete-password.js';
import { DeleteTokenController } from './delete-token/delete-token.controller.js';
import { DeleteToken } from './delete-token/delete-token.js';
import { EXPIRING_PASSWORD_STORE } from './expiring-password.js';
import { ExchangeTokenController } from './exchange-token/exchange-token.controller.js';
import { ExchangeToken } from './exchange-token/exchange-token.js';
import { GeneratePasswordController } from './generate-password/generate-password.controller.js';
import { GeneratePassword } from './generate-password/generate-password.js';
import { GetTokenController } from './get-token/get-token.controller.js';
import { GetToken } from './get-token/get-token.js';
import { IssueManagementTokenController } from './issue-management-token/issue-management-token.controller.js';
import { IssueManagementToken } from './issue-management-token/issue-management-token.js';
import { ManagementTokenIssuer } from './issue-management-token/management-token-issuer.js';
import { AccessTokenIssuer } from './issue-token/access-token-issuer.js';
import { Authenticate } from './authenticate.js';
import { IssueTokenController } from './issue-token/issue-token.controller.js';
import { IssueToken } from './issue-token/issue-token.js';
import { TokenQuestions } from './issue-token/token-questions.js';
import { AuthenticateToken } from './token-authentication.js';
import { KnownRegistries } from './known-registries.js';
import { ListKeysController } from './list-keys/list-keys.controller.js';
import { ListKeys } from './list-keys/list-keys.js';
import { ListTokensController } from './list-tokens/list-tokens.controller.js';
import { LearnDeletionController } from './learn-deletion/learn-deletion.controller.js';
import { ListTokens } from './list-tokens/list-tokens.js';
import { loginLimits } from './login-limit-providers.js';
import { minimumOf, takesAway } from './narrowing.js';
import { PatchTokenController } from './patch-token/patch-token.controller.js';
import { PatchToken } from './patch-token/patch-token.js';
import { NoticeExpiry } from './notice-expiry/notice-expiry.js';
import { OperatorAccess } from './operator-access.js';
import { POLICY_CLIENT } from './policy-client.js';
import { PolicyOverHttp } from './policy-over-http.js';
import { ProveCredential } from './prove-credential.js';
import { PublishDiscoveryController } from './publish-discovery/publish-discovery.controller.js';
import { PublishKeysController } from './publish-keys/publish-keys.controller.js';
import { PublishKeys } from './publish-keys/publish-keys.js';
import { PutTokenController } from './put-token/put-token.controller.js';
import { PutToken } from './put-token/put-token.js';
import { RegistryAccess } from './registry-access.js';
import { Report } from './report.js';
import { TOKEN_STORE } from './repository-token.js';
import { RequestOrigins } from './request-origins.js';
import { ScopeMapChoice } from './scope-map-choice.js';
import { RevokeKeyController } from './revoke-key/revoke-key.controller.js';
import { RevokeKey } from './revoke-key/revoke-key.js';
import { RotateKeysController } from './rotate-keys/rotate-keys.controller.js';
import { RotateKeys } from './rotate-keys/rotate-keys.js';
import { SETTINGS, settingsOf } from './settings.js';
import { SIGNING_KEY_STORE } from './signing-key.js';
import { signingKeys } from './signing-key-providers.js';
import { PostgresCredentialStore } from './storage/credential.store.js';
import { PostgresExpiringPasswordStore } from './storage/expiring-password.store.js';
import { PostgresSigningKeyStore } from './storage/signing-key.store.js';
import { PostgresTokenStore } from './storage/token.store.js';
import { PostgresUserStore } from './storage/user.store.js';
import { Readiness, surfaceOf } from './surface.js';
import { TokenChanges } from './token-changes.js';
import { UnknownNames } from './unknown-names.js';
import { AuthenticateUser } from './user-authentication.js';
import { USER_STORE } from './user.js';

export { migrations } from './storage/migrations/index.js';

const controllers = [
  IssueTokenController,
  ExchangeTokenController,
  IssueManagementTokenController,
  PublishDiscoveryController,
  PublishKeysController,
  ListKeysController,
  RotateKeysController,
  RevokeKeyController,
  PutTokenController,
  PatchTokenController,
  GetTokenController,
  ListTokensController,
  DeleteTokenController,
  GeneratePasswordController,
  DeletePasswordController,
  CountTokensController,
  ReadChangesController,
  LearnDeletionController,
];

const useCases: Provider[] = [
  CreateAdmin,
  ProvideSigningKey,
  AuthenticateToken,
  AuthenticateUser,
  Authenticate,
  ProveCredential,
  KnownRegistries,
  AccessTokenIssuer,
  TokenQuestions,
  IssueToken,
  ExchangeToken,
  ManagementTokenIssuer,
  IssueManagementToken,
  PublishKeys,
  NoticeExpiry,
  OperatorAccess,
  ListKeys,
  RotateKeys,
  RevokeKey,
  RegistryAccess,
  ScopeMapChoice,
  TokenChanges,
  PutToken,
  PatchToken,
  GetToken,
  ListTokens,
  DeleteToken,
  GeneratePassword,
  DeletePassword,
  CountTokens,
];

const stores: Provider[] = [
  { provide: TOKEN_STORE, useClass: PostgresTokenStore },
  { provide: USER_STORE, useClass: PostgresUserStore },
  { provide: SIGNING_KEY_STORE, useClass: PostgresSigningKeyStore },
  { provide: EXPIRING_PASSWORD_STORE, useClass: PostgresExpiringPasswordStore },
  { provide: CREDENTIAL_STORE, inject: [Database], useFactory: (db: Database) => new PostgresCredentialStore(db) },
];

/** What stands between use cases and the outside. `definitions` and `report` are the only ways to decide and to tell. */
function domain(runtime: Runtime<IdentityConfig>, masterKey: Buffer): readonly Provider[] {
  const { config, clock, logger, metrics } = runtime;
  return [
    ActiveSigner,
    ...signingKeys(runtime, masterKey),
    { provide: PasswordHasher, useFactory: () => new PasswordHasher() },
    {
      provide: RefreshTokens,
      useFactory: () => new RefreshTokens({ masterKey, issuer: config.BERTH_PUBLIC_URL, clock }),
    },
    {
      provide: DefinitionsCopy,
      inject: [PolicyFollowing, RegistryFollowing, CREDENTIAL_STORE],
      useFactory: (following: PolicyFollowing, registry: RegistryFollowing, credentials: CredentialStore) =>
        new DefinitionsCopy({ following, registry, credentials, maxAgeSeconds: config.BERTH_DEFINITIONS_MAX_AGE }),
    },
    ...loginLimits(runtime),
    {
      provide: Report,
      inject: [Spool, Outbox, RefusedEntries],
      useFactory: (spool: Spool, outbox: Outbox, refused: RefusedEntries) => {
        const unknownNames = new UnknownNames(masterKey);
        return new Report({
          spool,
          refused,
          outbox,
          logger,
          metrics,
          clock,
          instance: config.BERTH_INSTANCE,
          unknownNames,
        });
      },
    },
  ];
}

/** Policy's definitions. One that takes something away raises its minimum in the transaction that stores it. */
function followDefinitions(runtime: Runtime<IdentityConfig>, policy: InternalClient): FollowingModule {
  const { inject, useFactory } = followedOwner(runtime, policy);
  return followPolicy({
    inject: [...inject, Outbox],
    useFactory: (db: Database, strategy: KafkaStrategy, outbox: Outbox) => ({
      ...useFactory(db, strategy),
      onStored: async (tx, { previous, next }) => {
        if (takesAway(previous, next)) await outbox.publish(tx, minimumRaised, minimumOf(next, runtime.clock()));
      },
    }),
  });
}

/** Identity follows its own keys and minima as everybody does, to check the tokens of its callers. */
function followKeysAndMinima({ clock, logger }: Runtime<IdentityConfig>): FollowingModule {
  return followIdentity({
    inject: [Database, KafkaStrategy],
    useFactory: (db: Database, strategy: KafkaStrategy) => ({
      db,
      clock,
      logger,
      progressOf: (topic) => strategy.progress(topic),
      poll: (after) => readChanges(db, { after }),
    }),
  });
}

/** What an installation starts with. */
function installation({ config, logger }: Runtime<IdentityConfig>): Provider {
  const preparation = {
    adminPassword: () => configuredAdminPassword(config),
    dataDir: config.BERTH_DATA_DIR,
    logger,
  };
  return {
    provide: PrepareInstallation,
    inject: [CreateAdmin, ProvideSigningKey],
    useFactory: (createAdmin: CreateAdmin, provideSigningKey: ProvideSigningKey) =>
      new PrepareInstallation(createAdmin, provideSigningKey, preparation),
  };
}

function foundation(runtime: Runtime<IdentityConfig>): readonly Provider[] {
  return foundationProviders({
    service: 'identity',
    runtime,
    databaseUrl: runtime.config.BERTH_IDENTITY_DATABASE_URL,
    consumes: [definitionChanged, minimumRaised, signingKeyChanged, repositoryDeleted],
    publishes: [minimumRaised, signingKeyChanged],
  });
}

/** Binds everything of identity together. */
@Module({})
export class AppModule {
  /** @throws AppError 'malformed' when the internal key or the master key can't be read */
  static with(runtime: Runtime<IdentityConfig>): DynamicModule {
    const { config } = runtime;
    const internalKeys = readInternalKeys(config.BERTH_INTERNAL_KEY_FILE);
    const masterKey = readKeyFile(config.BERTH_MASTER_KEY_FILE);
    const trusted = { internalKeys, proxies: trustedProxies(config.BERTH_TRUSTED_PROXIES) };
    const ask = (service: string, baseUrls: readonly string[]) =>
      new InternalClient({ service, baseUrls, key: internalKeys[0] });
    const policy = ask('policy', config.BERTH_POLICY_URL);
    const following = [
      followDefinitions(runtime, policy),
      followKeysAndMinima(runtime),
      followRegistry(followedOwner(runtime, ask('registry', config.BERTH_REGISTRY_URL))),
    ];
    return {
      module: AppModule,
      controllers: [
        ...controllers,
        ...manyTokens.controllers,
        ...fleetControllers,
        ...following.flatMap((module) => module.controllers),
      ],
      providers: [
        { provide: SETTINGS, useValue: settingsOf(config) },
        { provide: RequestOrigins, useFactory: () => new RequestOrigins(trusted) },
        { provide: POLICY_CLIENT, useFactory: () => new PolicyOverHttp(policy) },
        ...foundation(runtime),
        ...stores,
        ...domain(runtime, masterKey),
        ...useCases,
        ...manyTokens.providers,
        ...fleetProviders(masterKey),
        ...following.flatMap((module) => module.providers),
        installation(runtime),
        Readiness,
        surface(runtime, trusted),
      ],
    };
  }
}

function surface(runtime: Runtime<IdentityConfig>, trusted: TrustedHops): Provider {
  return {
    provide: SERVICE_SURFACE,
    inject: [Readiness, Report],
    useFactory: (readiness: Readiness, report: Report) => surfaceOf(runtime, trusted, { readiness, report }),
  };
}
