import { definitionsMigrations } from '@berth/definitions';
import { messagingMigrations } from '@berth/messaging';
import type { MigrationSource } from '@berth/persistence';
import { log } from './1700000003001-log.js';
import { lastUse } from './1700000003002-last-use.js';

/** Everything in audit's schema, in order. Its outbox stays empty for now: what it appends, others have told. */
export const migrations: readonly MigrationSource[] = [...messagingMigrations, ...definitionsMigrations, log, lastUse];
