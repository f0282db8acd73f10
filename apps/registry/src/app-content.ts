import { join } from 'node:path';
import { FilesystemBlobStore, S3BlobStore, type BlobStore } from '@berth/blob-store';
import { DefinitionsView } from '@berth/definitions';
import type { Runtime } from '@berth/foundation';
import { Database } from '@berth/persistence';
import type { Provider } from '@nestjs/common';
import { BlobContents } from './blob-contents.js';
import { BLOB_STORE, BlobIndexStore } from './blob.js';
import type { RegistryConfig } from './config.js';
import { ContentLife } from './content-life.js';
import { ContentRules } from './content-rules.js';
import { ContentStores } from './content-stores.js';
import { ManifestDirectory } from './manifest-info.js';
import { ManifestStore } from './manifest.js';
import { QuarantineStore } from './quarantine.js';
import { Report } from './report.js';
import { RepositoryStore } from './repository.js';
import { s3OptionsOf } from './s3-settings.js';
import { PostgresBlobIndexStore } from './storage/blob-index.store.js';
import { CheckedMemory } from './storage/checked-memory.js';
import { PostgresManifestDirectory } from './storage/manifest-info.store.js';
import { PostgresManifestStore } from './storage/manifest.store.js';
import { PostgresQuarantineStore } from './storage/quarantine.store.js';
import { RepositoryStates } from './storage/repository-state.js';
import { PostgresRepositoryStore } from './storage/repository.store.js';
import { PostgresUploadStore } from './storage/upload.store.js';
import { PostgresUsageStore } from './storage/usage.store.js';
import { StorageQuota } from './storage-quota.js';
import { UploadLease, UploadStore } from './upload.js';
import { UsageStore } from './usage.js';

const mebibyte = 1024 * 1024;

const stores: readonly Provider[] = [
  { provide: RepositoryStore, useClass: PostgresRepositoryStore },
  { provide: ManifestStore, useClass: PostgresManifestStore },
  { provide: ManifestDirectory, useClass: PostgresManifestDirectory },
  { provide: QuarantineStore, useClass: PostgresQuarantineStore },
  { provide: BlobIndexStore, useClass: PostgresBlobIndexStore },
  { provide: UploadStore, useClass: PostgresUploadStore },
  { provide: UsageStore, useClass: PostgresUsageStore },
  ...[ContentStores, RepositoryStates],
];

/** The part of the composition root that binds what repositories hold: stores, bytes, and what is kept of them in memory. */
export function contentProviders(runtime: Runtime<RegistryConfig>): readonly Provider[] {
  const { config, clock } = runtime;
  return [
    { provide: BLOB_STORE, useFactory: () => openBlobStore(runtime) },
    ...stores,
    storageQuota(runtime),
    { provide: UploadLease, useFactory: () => new UploadLease(clock, config.BERTH_INSTANCE) },
    {
      provide: ContentRules,
      inject: [DefinitionsView],
      useFactory: (definitions: DefinitionsView) => new ContentRules(definitions),
    },
    {
      provide: CheckedMemory,
      inject: [RepositoryStates],
      useFactory: (states: RepositoryStates) => checkedMemory(runtime, states),
    },
    {
      provide: BlobContents,
      inject: [BLOB_STORE],
      useFactory: (store: BlobStore) =>
        new BlobContents(store, {
          maxBytes: config.BERTH_BLOB_MEMORY * mebibyte,
          redirectSeconds: config.BERTH_S3_REDIRECT === 'on' ? config.BERTH_S3_REDIRECT_SECONDS : 0,
        }),
    },
    {
      provide: ContentLife,
      useFactory: () =>
        new ContentLife(clock, {
          reviewDelayMs: config.BERTH_GC_REVIEW_DELAY * 1000,
          maxIdleMs: config.BERTH_UPLOAD_MAX_IDLE * 1000,
          maxOpenUploads: config.BERTH_MAX_OPEN_UPLOADS,
          mayDelete: config.BERTH_DELETES === 'on',
          maySparse: config.BERTH_SPARSE_MANIFESTS === 'on',
        }),
    },
  ];
}

/** In the bucket that is named, else in the data folder. */
async function openBlobStore({ config, clock }: Runtime<RegistryConfig>): Promise<BlobStore> {
  const options = s3OptionsOf(config);
  if (options === null) return FilesystemBlobStore.open(join(config.BERTH_DATA_DIR, 'blobs'));
  return S3BlobStore.open(options, clock);
}

function checkedMemory({ config, clock, metrics }: Runtime<RegistryConfig>, states: RepositoryStates): CheckedMemory {
  const memory = new CheckedMemory({
    maxBytes: Math.max(1, config.BERTH_METADATA_MEMORY * mebibyte),
    maxStaleMs: config.BERTH_MAX_STALE_METADATA * 1000,
    stateOf: (address) => states.find(address),
    clock,
  });
  metrics.counter({
    name: 'berth_registry_stale_answers_total',
    help: 'Answers from memory that Postgres could not confirm.',
    read: () => memory.staleAnswers,
  });
  return memory;
}

function storageQuota({ metrics }: Runtime<RegistryConfig>): Provider {
  return {
    provide: StorageQuota,
    inject: [Database, UsageStore, ContentRules, Report, UploadStore],
    useFactory: (...parts: ConstructorParameters<typeof StorageQuota>) => {
      const quota = new StorageQuota(...parts);
      metrics.counter({
        name: 'berth_registry_quota_refusals_total',
        help: 'Pushes that were refused because of a storage quota.',
        read: () => quota.refusals,
      });
      return quota;
    },
  };
}
