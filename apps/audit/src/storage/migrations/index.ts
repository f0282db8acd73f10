import { definitionsMigrations } from '@berth/definitions';
import type { MigrationSource } from '@berth/persistence';
import { log } from './1700000003001-log.js';

/** Everything in audit's schema, in order. It has no outbox: its facts are the others'. */
export const migrations: readonly MigrationSource[] = [...definitionsMigrations, log];
