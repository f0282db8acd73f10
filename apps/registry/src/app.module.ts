import { readInternalKeys } from '@berth/config';
import { definitionChanged, minimumRaised, repositoryDeleted, signingKeyChanged } from '@berth/contracts';
import { followIdentity, followPolicy, followRegistry, type FollowingModule } from '@berth/definitions';
import {
  followedOwner,
  foundationProviders,
  ReadChangesController,
  refusedEntries,
  type Runtime,
} from '@berth/foundation';
import { InternalClient, RefusedEntries, SERVICE_SURFACE } from '@berth/http';
import { Outbox, Spool } from '@berth/messaging';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { AnswerBaseController } from './answer-base/answer-base.controller.js';
import { ChangeQuarantineController } from './change-quarantine/change-quarantine.controller.js';
import { ChangeQuarantine } from './change-quarantine/change-quarantine.js';
import { CollectGarbageController } from './collect-garbage/collect-garbage.controller.js';
import type { RegistryConfig } from './config.js';
import { contentCare } from './app-care.js';
import { contentProviders } from './app-content.js';
import { DeleteBlobController } from './delete-blob/delete-blob.controller.js';
import { DeleteBlob } from './delete-blob/delete-blob.js';
import { DeleteManifestController } from './delete-manifest/delete-manifest.controller.js';
import { DeleteManifest } from './delete-manifest/delete-manifest.js';
import { DeleteRepositoryController } from './delete-repository/delete-repository.controller.js';
import { DeleteRepository } from './delete-repository/delete-repository.js';
import { DeletionNews, IDENTITY } from './deletion-news.js';
import { DeletionsOverHttp } from './deletions-over-http.js';
import { DELETIONS } from './empty-registry/empty-registry.js';
import { GetManifestController } from './get-manifest/get-manifest.controller.js';
import { GetRepositoryController } from './get-repository/get-repository.controller.js';
import { GetUsageController } from './get-usage/get-usage.controller.js';
import { GetUsage } from './get-usage/get-usage.js';
import { GiveUpUploads } from './give-up-uploads/give-up-uploads.js';
import { ListCatalogController } from './list-catalog/list-catalog.controller.js';
import { ListCatalog } from './list-catalog/list-catalog.js';
import { ListManifestsController } from './list-manifests/list-manifests.controller.js';
import { ListReferrersController } from './list-referrers/list-referrers.controller.js';
import { ListReferrers } from './list-referrers/list-referrers.js';
import { ListRepositoriesController } from './list-repositories/list-repositories.controller.js';
import { ListRepositoryUsageController } from './list-repository-usage/list-repository-usage.controller.js';
import { ListTagsController } from './list-tags/list-tags.controller.js';
import { ListTags } from './list-tags/list-tags.js';
import { ManagementReport } from './management-report.js';
import { PullBlobController } from './pull-blob/pull-blob.controller.js';
import { PullBlob } from './pull-blob/pull-blob.js';
import { PullManifestController } from './pull-manifest/pull-manifest.controller.js';
import { PullManifest } from './pull-manifest/pull-manifest.js';
import { PushManifestController } from './push-manifest/push-manifest.controller.js';
import { PushManifest } from './push-manifest/push-manifest.js';
import { RefuseRouteController } from './refuse-route/refuse-route.controller.js';
import { RegistryAccess } from './registry-access.js';
import { ReleaseHolds } from './release-holds/release-holds.js';
import { Report } from './report.js';
import { RepositoryRemoval } from './repository-removal.js';
import { FollowedOwners, Readiness, surfaceOf } from './surface.js';
import { ClaimUpload } from './upload-blob/claim-upload.js';
import { ContinueUpload } from './upload-blob/continue-upload.js';
import { FinishUpload } from './upload-blob/finish-upload.js';
import { LinkBlob } from './upload-blob/link-blob.js';
import { MountBlob } from './upload-blob/mount-blob.js';
import { RunningDigests } from './upload-blob/running-digests.js';
import { StartUpload } from './upload-blob/start-upload.js';
import { TakeWholeBlob } from './upload-blob/take-whole-blob.js';
import { UploadBlobController } from './upload-blob/upload-blob.controller.js';
import { WriteUpload } from './upload-blob/write-upload.js';

const controllers = [
  AnswerBaseController,
  PullManifestController,
  PullBlobController,
  PushManifestController,
  UploadBlobController,
  DeleteManifestController,
  DeleteBlobController,
  ListTagsController,
  ListReferrersController,
  ListCatalogController,
  RefuseRouteController,
  ...[ListRepositoriesController, GetRepositoryController, DeleteRepositoryController],
  ...[ListManifestsController, GetManifestController, ChangeQuarantineController],
  ...[GetUsageController, ListRepositoryUsageController],
  ReadChangesController,
  CollectGarbageController,
];

const useCases: readonly Provider[] = [
  ...[PullManifest, PullBlob, PushManifest, DeleteManifest, DeleteBlob, ChangeQuarantine, ReleaseHolds],
  ...[StartUpload, TakeWholeBlob, MountBlob, ContinueUpload, FinishUpload, GiveUpUploads],
  ...[ClaimUpload, WriteUpload, RunningDigests, LinkBlob],
  ...[RegistryAccess, ListTags, ListReferrers, ListCatalog, GetUsage],
  ...[DeleteRepository, RepositoryRemoval, DeletionNews],
];

/** Binds everything of the registry together. */
@Module({})
export class AppModule {
  static with(runtime: Runtime<RegistryConfig>): DynamicModule {
    const keys = readInternalKeys(runtime.config.BERTH_INTERNAL_KEY_FILE);
    const { BERTH_IDENTITY_URL, BERTH_POLICY_URL, BERTH_REGISTRY_URL } = runtime.config;
    // The owners are asked only while Kafka is silent, in the background; no pull or push waits for them.
    const ask = (service: string, baseUrls: readonly string[]) =>
      new InternalClient({ service, baseUrls, key: keys[0] });
    const identity = ask('identity', BERTH_IDENTITY_URL);
    const policy = ask('policy', BERTH_POLICY_URL);
    const following = [
      followIdentity(followedOwner(runtime, identity)),
      followDefinitions(runtime, policy),
      // What other replicas deleted.
      followRegistry(followedOwner(runtime, ask('registry', BERTH_REGISTRY_URL))),
    ];
    return {
      module: AppModule,
      controllers: [...controllers, ...following.flatMap((each) => each.controllers)],
      providers: [
        ...foundation(runtime),
        ...contentProviders(runtime),
        ...contentCare(runtime),
        ...reports(runtime),
        { provide: IDENTITY, useValue: identity },
        { provide: DELETIONS, useValue: new DeletionsOverHttp(policy) },
        ...useCases,
        ...following.flatMap((each) => each.providers),
        FollowedOwners,
        Readiness,
        {
          provide: SERVICE_SURFACE,
          inject: [Readiness],
          useFactory: (readiness: Readiness) => surfaceOf(runtime, keys, readiness),
        },
      ],
    };
  }
}

function followDefinitions(runtime: Runtime<RegistryConfig>, policy: InternalClient): FollowingModule {
  const { inject, useFactory } = followedOwner(runtime, policy);
  const decisions = { enforcementMandatoryFromMs: runtime.config.BERTH_ENFORCEMENT_MANDATORY_FROM };
  return followPolicy({
    inject,
    useFactory: (...injected: Parameters<typeof useFactory>) => ({ ...useFactory(...injected), decisions }),
  });
}

/** Entries of pulls and refusals go to the spool, those of changes to the outbox; all are counted. */
function reports(runtime: Runtime<RegistryConfig>): readonly Provider[] {
  const { config, clock, metrics } = runtime;
  const producer = { service: 'registry', instance: config.BERTH_INSTANCE } as const;
  return [
    ...refusedEntries(runtime),
    {
      provide: Report,
      inject: [Spool, RefusedEntries, Outbox],
      useFactory: (spool: Spool, refused: RefusedEntries, outbox: Outbox) => {
        const made = new Report(spool, refused, outbox, producer, clock);
        metrics.counter({
          name: 'berth_registry_events_total',
          help: 'What happened at the data plane, by event; challenges included.',
          labels: ['event'],
          read: () => [...made.counts].map(([event, value]) => ({ labels: { event }, value })),
        });
        return made;
      },
    },
    {
      provide: ManagementReport,
      inject: [Spool, RefusedEntries, Outbox],
      useFactory: (spool: Spool, refused: RefusedEntries, outbox: Outbox) =>
        new ManagementReport(spool, refused, outbox, producer, clock),
    },
  ];
}

function foundation(runtime: Runtime<RegistryConfig>): readonly Provider[] {
  return foundationProviders({
    service: 'registry',
    runtime,
    databaseUrl: runtime.config.BERTH_REGISTRY_DATABASE_URL,
    consumes: [definitionChanged, minimumRaised, signingKeyChanged, repositoryDeleted],
    publishes: [repositoryDeleted],
  });
}
