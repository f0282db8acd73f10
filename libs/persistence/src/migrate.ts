import { plainIdentifier } from './identifier.js';
import type { MigrationSource } from './migration-source.js';
import { serviceLoginOf } from './service-login.js';

/** What {@link migrate} works on. */
export interface MigrateOptions {
  /** A login that may create roles and schemas; it will own the schema and all in it. */
  readonly ownerUrl: string;
  /** The service's own login, created if need be: role, password, and the same database. */
  readonly serviceUrl: string;
  readonly schema: string;
  /** All migrations of this schema, merged ones included. */
  readonly migrations: readonly MigrationSource[];
}

/**
 * Brings a service's schema to the newest version: role, schema (owned by the owner), migrations not yet run, rights.
 * The service may then read and write rows, and neither change a table nor see another service's schema. Safe to call
 * again, and by several callers at once: one works, the others wait.
 *
 * @throws AppError 'unavailable' when Postgres doesn't answer or another caller takes longer than 2 minutes;
 *   'malformed' for a URL or name that can't be used; 'conflict' for a role or schema that isn't ours to manage;
 *   the driver's error for a refused statement
 */
export async function migrate({ ownerUrl, serviceUrl, schema, migrations }: MigrateOptions): Promise<void> {
  const plan = { ownerUrl, login: serviceLoginOf(serviceUrl), schema: plainIdentifier(schema), migrations };
  // Loaded here, because a running service needs neither TypeORM's 20 MB nor its time to load.
  const { runMigrations } = await import('./run-migrations.js');
  await runMigrations(plan);
}
