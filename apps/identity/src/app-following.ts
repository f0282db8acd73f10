import { minimumRaised } from '@berth/contracts';
import {
  followIdentity,
  followPolicy,
  followRegistry,
  PolicyFollowing,
  RegistryFollowing,
  type FollowingModule,
} from '@berth/definitions';
import { followedOwner, type Runtime } from '@berth/foundation';
import type { InternalClient } from '@berth/http';
import { KafkaStrategy, Outbox, readChanges } from '@berth/messaging';
import { Database } from '@berth/persistence';
import type { Provider } from '@nestjs/common';
import type { IdentityConfig } from './config.js';
import { CREDENTIAL_STORE, type CredentialStore } from './credential.js';
import { DefinitionsCopy } from './definitions-copy.js';
import { isNarrowing, minimaOf } from './narrowing.js';
import { policyEpoch } from './storage/policy-epoch.js';

/** Whom identity follows. */
export interface FollowedServices {
  readonly policy: InternalClient;
  readonly registry: InternalClient;
}

/** The part of the composition root that follows policy, the registry, and identity's own keys and minima. */
export function following(
  runtime: Runtime<IdentityConfig>,
  { policy, registry }: FollowedServices,
): readonly FollowingModule[] {
  return [
    followDefinitions(runtime, policy),
    followKeysAndMinima(runtime),
    followRegistry(followedOwner(runtime, registry)),
  ];
}

/** What is decided from. */
export function definitionsCopy({ config }: Runtime<IdentityConfig>): Provider {
  return {
    provide: DefinitionsCopy,
    inject: [PolicyFollowing, RegistryFollowing, CREDENTIAL_STORE],
    useFactory: (policy: PolicyFollowing, registry: RegistryFollowing, credentials: CredentialStore) =>
      new DefinitionsCopy({
        ...{ following: policy, registry, credentials },
        maxAgeSeconds: config.BERTH_DEFINITIONS_MAX_AGE,
      }),
  };
}

/** Policy's definitions. One that takes something away raises its minimum in the transaction that stores it. */
function followDefinitions(runtime: Runtime<IdentityConfig>, policy: InternalClient): FollowingModule {
  const { inject, useFactory } = followedOwner(runtime, policy);
  return followPolicy({
    inject: [...inject, Outbox],
    useFactory: (db: Database, strategy: KafkaStrategy, outbox: Outbox) => ({
      ...useFactory(db, strategy),
      decisions: { enforcementMandatoryFromMs: runtime.config.BERTH_ENFORCEMENT_MANDATORY_FROM },
      onStored: async (tx, change) => {
        if (!isNarrowing(change)) return;
        const at = { epoch: await policyEpoch(tx), nowMs: runtime.clock() };
        await outbox.publishAll(tx, minimumRaised, minimaOf(change, at));
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
