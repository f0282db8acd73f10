import { join } from 'node:path';
import { FilesystemBlobStore } from '@berth/blob-store';
import { readInternalKeys } from '@berth/config';
import { definitionChanged, minimumRaised, signingKeyChanged } from '@berth/contracts';
import { followIdentity, followPolicy } from '@berth/definitions';
import { followedOwner, foundationProviders, type Runtime } from '@berth/foundation';
import { InternalClient, SERVICE_SURFACE } from '@berth/http';
import { Outbox, Spool } from '@berth/messaging';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { AnswerBaseController } from './answer-base/answer-base.controller.js';
import { BLOB_STORE, BlobIndexStore } from './blob.js';
import type { RegistryConfig } from './config.js';
import { ContentStores } from './content-stores.js';
import { ListTagsController } from './list-tags/list-tags.controller.js';
import { ListTags } from './list-tags/list-tags.js';
import { ManifestStore } from './manifest.js';
import { PullBlobController } from './pull-blob/pull-blob.controller.js';
import { PullBlob } from './pull-blob/pull-blob.js';
import { PullManifestController } from './pull-manifest/pull-manifest.controller.js';
import { PullManifest } from './pull-manifest/pull-manifest.js';
import { PushManifestController } from './push-manifest/push-manifest.controller.js';
import { PushManifest } from './push-manifest/push-manifest.js';
import { RefuseRouteController } from './refuse-route/refuse-route.controller.js';
import { Report } from './report.js';
import { RepositoryStore } from './repository.js';
import { PostgresBlobIndexStore } from './storage/blob-index.store.js';
import { PostgresManifestStore } from './storage/manifest.store.js';
import { PostgresRepositoryStore } from './storage/repository.store.js';
import { PostgresUploadStore } from './storage/upload.store.js';
import { Readiness, surfaceOf } from './surface.js';
import { ContinueUpload } from './upload-blob/continue-upload.js';
import { FinishUpload } from './upload-blob/finish-upload.js';
import { LinkBlob } from './upload-blob/link-blob.js';
import { RunningDigests } from './upload-blob/running-digests.js';
import { StartUpload } from './upload-blob/start-upload.js';
import { UploadBlobController } from './upload-blob/upload-blob.controller.js';
import { WriteUpload } from './upload-blob/write-upload.js';
import { UploadStore } from './upload.js';

const controllers = [
  AnswerBaseController,
  PullManifestController,
  PullBlobController,
  PushManifestController,
  UploadBlobController,
  ListTagsController,
  RefuseRouteController,
];

const useCases: readonly Provider[] = [
  ...[PullManifest, PullBlob, ListTags, PushManifest],
  ...[StartUpload, ContinueUpload, FinishUpload, WriteUpload, RunningDigests, LinkBlob],
];

const stores: readonly Provider[] = [
  { provide: RepositoryStore, useClass: PostgresRepositoryStore },
  { provide: ManifestStore, useClass: PostgresManifestStore },
  { provide: BlobIndexStore, useClass: PostgresBlobIndexStore },
  { provide: UploadStore, useClass: PostgresUploadStore },
  ContentStores,
];

/** Binds everything of the registry together. */
@Module({})
export class AppModule {
  static with(runtime: Runtime<RegistryConfig>): DynamicModule {
    const keys = readInternalKeys(runtime.config.BERTH_INTERNAL_KEY_FILE);
    const { BERTH_DATA_DIR: dataDir, BERTH_IDENTITY_URL, BERTH_POLICY_URL } = runtime.config;
    // The owners are asked only while Kafka is silent, in the background; no request waits for them.
    const ask = (service: string, baseUrls: readonly string[]) =>
      new InternalClient({ service, baseUrls, key: keys[0] });
    const following = [
      followIdentity(followedOwner(runtime, ask('identity', BERTH_IDENTITY_URL))),
      followPolicy(followedOwner(runtime, ask('policy', BERTH_POLICY_URL))),
    ];
    return {
      module: AppModule,
      controllers: [...controllers, ...following.flatMap((each) => each.controllers)],
      providers: [
        ...foundation(runtime),
        { provide: BLOB_STORE, useFactory: () => FilesystemBlobStore.open(join(dataDir, 'blobs')) },
        ...stores,
        report(runtime),
        ...useCases,
        ...following.flatMap((each) => each.providers),
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

/** Entries of pulls and refusals go to the spool, those of changes to the outbox; all are counted. */
function report({ config, clock, metrics }: Runtime<RegistryConfig>): Provider {
  const producer = { service: 'registry', instance: config.BERTH_INSTANCE } as const;
  return {
    provide: Report,
    inject: [Spool, Outbox],
    useFactory: (spool: Spool, outbox: Outbox) => {
      const made = new Report(spool, outbox, producer, clock);
      metrics.counter({
        name: 'berth_registry_events_total',
        help: 'What happened at the data plane, by event; challenges included.',
        labels: ['event'],
        read: () => [...made.counts].map(([event, value]) => ({ labels: { event }, value })),
      });
      return made;
    },
  };
}

function foundation(runtime: Runtime<RegistryConfig>): readonly Provider[] {
  return foundationProviders({
    service: 'registry',
    runtime,
    databaseUrl: runtime.config.BERTH_REGISTRY_DATABASE_URL,
    consumes: [definitionChanged, minimumRaised, signingKeyChanged],
    publishes: [],
  });
}
