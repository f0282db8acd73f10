import { definitionsMigrations } from '@berth/definitions';
import { messagingMigrations } from '@berth/messaging';
import type { MigrationSource } from '@berth/persistence';
import { definitions } from './1700000002001-definitions.js';

/** Everything in policy's schema, in order. */
export const migrations: readonly MigrationSource[] = [...messagingMigrations, ...definitionsMigrations, definitions];
