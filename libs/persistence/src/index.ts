export { Database, type DatabaseOptions, type PreparedStatement } from './database.js';
export { migrate, type MigrateOptions } from './migrate.js';
export type { MigrationSource } from './migration-source.js';
export { isUniqueViolation } from './postgres-errors.js';
export type { Queryable, Transaction } from './queryable.js';
