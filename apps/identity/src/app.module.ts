import { readInternalKeys, readKeyFile } from '@berth/config';
import { definitionChanged, minimumRaised, repositoryDeleted, signingKeyChanged } from '@berth/contracts';
import { foundationProviders, ReadChangesController, type Runtime } from '@berth/foundation';
import { InternalClient, RefusedEntries, SERVICE_SURFACE, trustedProxies, type TrustedHops } from '@berth/http';
import { Outbox, Spool } from '@berth/messaging';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { federationControllers, federationProviders } from './app-federations.js';
import { fleetControllers, fleetProviders } from './app-fleets.js';
import { definitionsCopy, following } from './app-following.js';
import { issuingControllers, issuingProviders } from './app-issuing.js';
import { principalControllers, principalProviders } from './app-principals.js';
import { tokenControllers, tokenProviders } from './app-tokens.js';
import { CreateAdmin } from './bootstrap-installation/create-admin.js';
import { PrepareInstallation } from './bootstrap-installation/prepare-installation.js';
import { ProvideSigningKey } from './bootstrap-installation/provide-signing-key.js';
import { ClientCertificates } from './client-certificates.js';
import { configuredAdminPassword, type IdentityConfig } from './config.js';
import { lastUses } from './last-uses.js';
import { LearnDeletionController } from './learn-deletion/learn-deletion.controller.js';
import { NamedDefinitions } from './named-definitions.js';
import { POLICY_CLIENT } from './policy-client.js';
import { PolicyOverHttp } from './policy-over-http.js';
import { RegistryAccess } from './registry-access.js';
import { Report } from './report.js';
import { RequestOrigins } from './request-origins.js';
import { SETTINGS, settingsOf } from './settings.js';
import { Readiness, surfaceOf } from './surface.js';
import { UnknownNames } from './unknown-names.js';

export { migrations } from './storage/migrations/index.js';

const controllers = [
  ...issuingControllers,
  ...tokenControllers,
  ...principalControllers,
  ...fleetControllers,
  ...federationControllers,
  ReadChangesController,
  LearnDeletionController,
];

/** The only way to tell what happens. */
function report({ config, clock, logger, metrics }: Runtime<IdentityConfig>, masterKey: Buffer): Provider {
  return {
    provide: Report,
    inject: [Spool, Outbox, RefusedEntries],
    useFactory: (spool: Spool, outbox: Outbox, refused: RefusedEntries) => {
      const unknownNames = new UnknownNames(masterKey);
      const instance = config.BERTH_INSTANCE;
      return new Report({ spool, refused, outbox, logger, metrics, clock, instance, unknownNames });
    },
  };
}

/** What an installation starts with. */
function installation({ config, logger }: Runtime<IdentityConfig>): readonly Provider[] {
  const preparation = {
    adminPassword: () => configuredAdminPassword(config),
    dataDir: config.BERTH_DATA_DIR,
    logger,
  };
  return [
    CreateAdmin,
    ProvideSigningKey,
    {
      provide: PrepareInstallation,
      inject: [CreateAdmin, ProvideSigningKey],
      useFactory: (createAdmin: CreateAdmin, provideSigningKey: ProvideSigningKey) =>
        new PrepareInstallation(createAdmin, provideSigningKey, preparation),
    },
  ];
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
    const followed = following(runtime, { policy, registry: ask('registry', config.BERTH_REGISTRY_URL) });
    return {
      module: AppModule,
      controllers: [...controllers, ...followed.flatMap((module) => module.controllers)],
      providers: [
        { provide: SETTINGS, useValue: settingsOf(config) },
        { provide: RequestOrigins, useFactory: () => new RequestOrigins(trusted) },
        { provide: ClientCertificates, useFactory: () => new ClientCertificates(trusted) },
        { provide: POLICY_CLIENT, useFactory: () => new PolicyOverHttp(policy) },
        lastUses(ask, config.BERTH_AUDIT_URL),
        ...foundation(runtime),
        ...followed.flatMap((module) => module.providers),
        definitionsCopy(runtime),
        report(runtime, masterKey),
        ...[NamedDefinitions, RegistryAccess],
        ...issuingProviders(runtime, masterKey),
        ...tokenProviders(runtime),
        ...fleetProviders(masterKey),
        ...principalProviders(config.BERTH_DATA_DIR),
        ...federationProviders(runtime, masterKey),
        ...installation(runtime),
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
