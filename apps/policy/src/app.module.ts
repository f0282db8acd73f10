import { readInternalKeys } from '@berth/config';
import { definitionChanged, minimumRaised, signingKeyChanged } from '@berth/contracts';
import { followIdentity } from '@berth/definitions';
import { followedOwner, foundationProviders, type Runtime, ReadChangesController } from '@berth/foundation';
import { InternalClient, SERVICE_SURFACE } from '@berth/http';
import { Outbox, Spool } from '@berth/messaging';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { AccountStore } from './account.js';
import { grantControllers, grantStores, grantUseCases } from './app-grants.js';
import { resourceControllers, resourceStores, resourceUseCases } from './app-resources.js';
import { BootstrapInstallation } from './bootstrap-installation/bootstrap-installation.js';
import { FirstDefinitions } from './bootstrap-installation/first-definitions.js';
import type { PolicyConfig } from './config.js';
import { DecisionRules } from './decision-rules.js';
import { DeleteScopeMapController } from './delete-scope-map/delete-scope-map.controller.js';
import { DeleteScopeMap } from './delete-scope-map/delete-scope-map.js';
import { FindDefinitionController } from './find-definition/find-definition.controller.js';
import { FindDefinition } from './find-definition/find-definition.js';
import { GetRegistryController } from './get-registry/get-registry.controller.js';
import { GetRegistry } from './get-registry/get-registry.js';
import { GetScopeMapController } from './get-scope-map/get-scope-map.controller.js';
import { GetScopeMap } from './get-scope-map/get-scope-map.js';
import { IdentityPrincipals } from './identity-principals.js';
import { IdentityTokenCounts } from './identity-token-counts.js';
import { ListRegistriesController } from './list-registries/list-registries.controller.js';
import { ListRegistries } from './list-registries/list-registries.js';
import { MakePersonalScopeMapController } from './make-personal-scope-map/make-personal-scope-map.controller.js';
import { MakePersonalScopeMap } from './make-personal-scope-map/make-personal-scope-map.js';
import { ListScopeMapsController } from './list-scope-maps/list-scope-maps.controller.js';
import { ListScopeMaps } from './list-scope-maps/list-scope-maps.js';
import { PatchScopeMapController } from './patch-scope-map/patch-scope-map.controller.js';
import { PatchScopeMap } from './patch-scope-map/patch-scope-map.js';
import { Principals } from './principals.js';
import { PutScopeMapController } from './put-scope-map/put-scope-map.controller.js';
import { PutScopeMap } from './put-scope-map/put-scope-map.js';
import { RegistryAccess } from './registry-access.js';
import { RegistryStore } from './registry.js';
import { Report } from './report.js';
import { RoleAssignmentStore } from './role-assignment.js';
import { ScopeMapChanges } from './scope-map-changes.js';
import { ScopeMapStore } from './scope-map.js';
import { PostgresAccountStore } from './storage/account.store.js';
import { PostgresRegistryStore } from './storage/registry.store.js';
import { PostgresRoleAssignmentStore } from './storage/role-assignment.store.js';
import { PostgresScopeMapStore } from './storage/scope-map.store.js';
import { Readiness, surfaceOf } from './surface.js';
import { TokenCounts } from './token-counts.js';

const controllers = [
  ListRegistriesController,
  GetRegistryController,
  PutScopeMapController,
  GetScopeMapController,
  PatchScopeMapController,
  DeleteScopeMapController,
  ListScopeMapsController,
  MakePersonalScopeMapController,
  FindDefinitionController,
  ReadChangesController,
  ...grantControllers,
  ...resourceControllers,
];

const useCases: readonly Provider[] = [
  FirstDefinitions,
  BootstrapInstallation,
  RegistryAccess,
  ScopeMapChanges,
  ListRegistries,
  GetRegistry,
  PutScopeMap,
  GetScopeMap,
  PatchScopeMap,
  DeleteScopeMap,
  ListScopeMaps,
  MakePersonalScopeMap,
  FindDefinition,
  ...grantUseCases,
  ...resourceUseCases,
];

const stores: readonly Provider[] = [
  { provide: AccountStore, useClass: PostgresAccountStore },
  { provide: RegistryStore, useClass: PostgresRegistryStore },
  { provide: RoleAssignmentStore, useClass: PostgresRoleAssignmentStore },
  { provide: ScopeMapStore, useClass: PostgresScopeMapStore },
  ...grantStores,
  ...resourceStores,
];

/** Binds everything of policy together. */
@Module({})
export class AppModule {
  static with(runtime: Runtime<PolicyConfig>): DynamicModule {
    const keys = readInternalKeys(runtime.config.BERTH_INTERNAL_KEY_FILE);
    const baseUrls = runtime.config.BERTH_IDENTITY_URL;
    const identity = new InternalClient({ service: 'identity', baseUrls, key: keys[0] });
    // What the tokens of callers are checked by. Policy decides from its own tables, so it follows nothing else.
    const following = followIdentity(followedOwner(runtime, identity));
    const rules = new DecisionRules(runtime.clock, runtime.config.BERTH_ENFORCEMENT_MANDATORY_FROM);
    return {
      module: AppModule,
      controllers: [...controllers, ...following.controllers],
      providers: [
        { provide: DecisionRules, useFactory: () => rules },
        { provide: TokenCounts, useFactory: () => new IdentityTokenCounts(identity) },
        { provide: Principals, useFactory: () => new IdentityPrincipals(identity) },
        ...foundation(runtime),
        ...stores,
        report(runtime),
        ...useCases,
        ...following.providers,
        Readiness,
        {
          provide: SERVICE_SURFACE,
          inject: [Readiness, Report],
          useFactory: (readiness: Readiness, told: Report) => surfaceOf(runtime, keys, { readiness, report: told }),
        },
      ],
    };
  }
}

/** Entries of changes go to the outbox, those of refusals to the spool. */
function report({ config, logger, metrics, clock }: Runtime<PolicyConfig>): Provider {
  return {
    provide: Report,
    inject: [Spool, Outbox],
    useFactory: (spool: Spool, outbox: Outbox) =>
      new Report({ spool, outbox, logger, metrics, clock, instance: config.BERTH_INSTANCE }),
  };
}

function foundation(runtime: Runtime<PolicyConfig>): readonly Provider[] {
  return foundationProviders({
    service: 'policy',
    runtime,
    databaseUrl: runtime.config.BERTH_POLICY_DATABASE_URL,
    consumes: [minimumRaised, signingKeyChanged],
    publishes: [definitionChanged],
  });
}
