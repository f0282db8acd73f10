import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '@berth/errors';
import { DataSource, MigrationExecutor, QueryFailedError, type QueryRunner } from 'typeorm';
import { migrationClass, type MigrationSource } from './migration-source.js';
import { asUnavailable } from './postgres-errors.js';
import { ensureServiceLogin, type ServiceLogin } from './service-login.js';

/** What a migration works on, checked: the schema and the role are plain names. */
export interface MigrationPlan {
  readonly ownerUrl: string;
  readonly login: ServiceLogin;
  readonly schema: string;
  readonly migrations: readonly MigrationSource[];
}

const lockName = `hashtextextended('berth-migrate', 0)`;
const lockWaitMs = 120_000;

/** The work of {@link migrate}, with TypeORM. */
export async function runMigrations({ ownerUrl, login, schema, migrations }: MigrationPlan): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    applicationName: `berth-migrate-${schema}`,
    schema,
    migrations: migrations.map(migrationClass),
    migrationsTableName: 'migration',
    installExtensions: false,
    connectTimeoutMS: 3_000,
    logger: 'debug', // TypeORM's default prints failures on stdout; they are thrown anyway.
    extra: { options: `-c search_path=${schema},pg_temp` },
  });
  try {
    await source.initialize();
    await migrateWith(source, login, schema);
  } catch (e) {
    throw asUnavailable(driverError(e));
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}

/** All on one connection: when it is lost, so is the lock, and nothing goes on without it. */
async function migrateWith(source: DataSource, login: ServiceLogin, schema: string): Promise<void> {
  const runner = source.createQueryRunner();
  const run = async <Row extends object>(sql: string) => {
    try {
      // TypeORM types an answer as any; the rows are what the statement lists.
      return (await runner.query(sql)) as Row[];
    } catch (e) {
      throw driverError(e);
    }
  };
  try {
    await takeLock(run);
    await checkDatabase(run, login);
    await ensureServiceLogin(run, login);
    await ensureSchema(run, schema);
    await runPending(source, runner);
    await grantRows(run, schema, login.role);
  } finally {
    // Closing the connection, done by the caller, gives the lock back.
    await runner.release();
  }
}

type Run = <Row extends object>(sql: string) => Promise<Row[]>;

/** Tries instead of waiting in the server: a waiting statement would block "create index concurrently" for ever. */
async function takeLock(run: Run): Promise<void> {
  const giveUpAt = performance.now() + lockWaitMs;
  for (;;) {
    const [row] = await run<{ taken: boolean }>(`select pg_try_advisory_lock(${lockName}) as taken`);
    if (row?.taken === true) return;
    if (performance.now() > giveUpAt) {
      throw new AppError({ kind: 'unavailable', message: 'another migration of this database does not end' });
    }
    await wait(100);
  }
}

async function checkDatabase(run: Run, login: ServiceLogin): Promise<void> {
  const [row] = await run<{ name: string }>(`select current_database() as name`);
  if (row?.name !== login.database) {
    throw new AppError({ kind: 'malformed', message: 'the owner and the service must use the same database' });
  }
}

async function ensureSchema(run: Run, schema: string): Promise<void> {
  await run(`create schema if not exists ${schema}`);
  const [row] = await run<{ is_ours: boolean }>(
    `select nspowner = current_user::regrole as is_ours from pg_namespace where nspname = '${schema}'`,
  );
  if (row?.is_ours !== true) {
    throw new AppError({ kind: 'conflict', message: `schema ${schema} exists and belongs to another role` });
  }
}

async function runPending(source: DataSource, runner: QueryRunner): Promise<void> {
  const executor = new MigrationExecutor(source, runner);
  executor.transaction = 'each';
  await executor.executePendingMigrations();
}

/** Sequences without UPDATE: the service draws numbers and can't reset them. */
async function grantRows(run: Run, schema: string, role: string): Promise<void> {
  const rows = 'select, insert, update, delete';
  await run(`grant usage on schema ${schema} to ${role}`);
  await run(`alter default privileges in schema ${schema} grant ${rows} on tables to ${role}`);
  await run(`alter default privileges in schema ${schema} grant usage, select on sequences to ${role}`);
  await run(`grant ${rows} on all tables in schema ${schema} to ${role}`);
  await run(`grant usage, select on all sequences in schema ${schema} to ${role}`);
  await run(`revoke insert, update, delete on ${schema}.migration from ${role}`);
}

function driverError(e: unknown): unknown {
  return e instanceof QueryFailedError ? e.driverError : e;
}
