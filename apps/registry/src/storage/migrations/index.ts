import { definitionsMigrations } from '@berth/definitions';
import { messagingMigrations } from '@berth/messaging';
import type { MigrationSource } from '@berth/persistence';
import { contentLife } from './content-life.js';
import { contents } from './contents.js';
import { countedByDigest } from './counted-by-digest.js';
import { namedBlobs } from './named-blobs.js';
import { quarantine } from './quarantine.js';
import { storageUsage } from './storage-usage.js';

/** Everything in the schema of this service, oldest first. */
export const migrations: readonly MigrationSource[] = [
  ...messagingMigrations,
  ...definitionsMigrations,
  contents,
  contentLife,
  quarantine,
  storageUsage,
  namedBlobs,
  countedByDigest,
];
