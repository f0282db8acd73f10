import { definitionsMigrations } from '@berth/definitions';
import { messagingMigrations } from '@berth/messaging';
import type { MigrationSource } from '@berth/persistence';
import { principals } from './1700000001001-principals.js';
import { signingKeys } from './1700000001002-signing-keys.js';
import { signingKeySchedule } from './1700000001003-signing-key-schedule.js';
import { expiryNotices } from './1700000001004-expiry-notices.js';
import { tokenImports } from './1700000002101-token-imports.js';
import { fleets } from './1700000002102-fleets.js';

/** Everything in identity's schema, in order. */
export const migrations: readonly MigrationSource[] = [
  ...messagingMigrations,
  ...definitionsMigrations,
  principals,
  signingKeys,
  signingKeySchedule,
  expiryNotices,
  tokenImports,
  fleets,
];
