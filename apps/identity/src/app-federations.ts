import { EgressAllow, EgressClient } from '@berth/http';
import type { Runtime } from '@berth/foundation';
import type { Provider, Type } from '@nestjs/common';
import type { IdentityConfig } from './config.js';
import { CreateFederationController } from './create-federation/create-federation.controller.js';
import { CreateFederation } from './create-federation/create-federation.js';
import { TrustableIssuers } from './create-federation/trustable-issuers.js';
import { DeleteFederationController } from './delete-federation/delete-federation.controller.js';
import { FederationChanges } from './federation-changes.js';
import { FEDERATION_STORE } from './federation.js';
import { GetFederationController } from './get-federation/get-federation.controller.js';
import { IssuerKeys } from './issuer-keys.js';
import { KnownFederations } from './known-federations.js';
import { ListFederationsController } from './list-federations/list-federations.controller.js';
import { ListFederations } from './list-federations/list-federations.js';
import { PostgresFederationStore } from './storage/federation.store.js';
import { sessionControllers, sessionProviders } from './app-sessions.js';
import { AuthenticateWorkload } from './workload-authentication.js';

/** The part of the composition root that lets in whom others vouch for: workloads, and people in browsers. */
export const federationControllers: readonly Type[] = [
  CreateFederationController,
  GetFederationController,
  ListFederationsController,
  DeleteFederationController,
  ...sessionControllers,
];

/** @param masterKey seals what a browser keeps of a log-in under way */
export function federationProviders(runtime: Runtime<IdentityConfig>, masterKey: Buffer): readonly Provider[] {
  const { config, clock, logger } = runtime;
  const allow = new EgressAllow(config.BERTH_EGRESS_ALLOW);
  return [
    { provide: EgressAllow, useValue: allow },
    { provide: EgressClient, useFactory: () => new EgressClient({ allow }) },
    { provide: FEDERATION_STORE, useClass: PostgresFederationStore },
    {
      provide: IssuerKeys,
      inject: [EgressClient],
      useFactory: (egress: EgressClient) => new IssuerKeys(egress, clock, logger),
    },
    AuthenticateWorkload,
    FederationChanges,
    KnownFederations,
    TrustableIssuers,
    CreateFederation,
    ListFederations,
    ...sessionProviders(runtime, masterKey),
  ];
}
