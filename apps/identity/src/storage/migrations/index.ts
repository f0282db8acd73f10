import { definitionsMigrations } from '@berth/definitions';
import { messagingMigrations } from '@berth/messaging';
import type { MigrationSource } from '@berth/persistence';
import { principals } from './1700000001001-principals.js';
import { signingKeys } from './1700000001002-signing-keys.js';

/** Everything in identity's schema, in order. */
export const migrations: readonly MigrationSource[] = [
  ...messagingMigrations,
  ...definitionsMigrations,
  principals,
  signingKeys,
];
