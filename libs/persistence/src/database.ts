import { Pool, type PoolClient, type QueryResult } from 'pg';
import { plainIdentifier } from './identifier.js';
import { asUnavailable } from './postgres-errors.js';
import type { Queryable, Transaction } from './queryable.js';
import { rowTypes } from './row-types.js';
import { runTransaction } from './transaction.js';

/** What a {@link Database} is opened with. Times in milliseconds. */
export interface DatabaseOptions {
  /** `postgres://<role>:<password>@<host>:<port>/<database>` of the service's own login. */
  readonly url: string;
  /** Shown in `pg_stat_activity`: `berth-<service>-<instance>`. */
  readonly applicationName: string;
  /** The service's own schema: the only one on the connection's search path. */
  readonly schema: string;
  /** Most connections at once; 10 when left out. */
  readonly poolSize?: number;
  /** The server cancels a statement after this; 10,000 when left out. A connection is given up 1 s later. */
  readonly statementTimeoutMs?: number;
  /** How long to wait for a connection, a free one of the pool included; 3,000 when left out. */
  readonly connectTimeoutMs?: number;
}

/** A prepared statement: parsed once per connection, later only bound. The name must be unique to the text. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/**
 * One service's connections to its own schema. Connects on first use, so Postgres may come later; a lost connection
 * fails the statements on it with AppError 'unavailable' and the next statement gets a new one.
 */
export class Database implements Queryable {
  private constructor(private readonly pool: Pool) {}

  /** @throws AppError 'malformed' when the schema is no plain name */
  static open(options: DatabaseOptions): Database {
    const {
      url,
      applicationName,
      schema,
      poolSize = 10,
      statementTimeoutMs = 10_000,
      connectTimeoutMs = 3_000,
    } = options;
    const pool = new Pool({
      connectionString: url,
      application_name: applicationName,
      options: `-c search_path=${plainIdentifier(schema)}`,
      max: poolSize,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      // The client's own limit is for a server that can't answer at all: cut network, stopped process.
      query_timeout: statementTimeoutMs + 1_000,
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
      types: rowTypes,
    });
    // Without listeners a connection lost while idle, or between two statements of a transaction, would end the
    // process. The pool replaces it, and the next statement on it says so.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return new Database(pool);
  }

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    return rowsOf<Row>(this.pool.query<Row>(sql, [...params]));
  }

  /** As {@link query}, without the server parsing and planning each time; for the paths of pull and issue. */
  async prepared<Row extends object>(statement: PreparedStatement, params: readonly unknown[] = []): Promise<Row[]> {
    return rowsOf<Row>(this.pool.query<Row>({ name: statement.name, text: statement.text, values: [...params] }));
  }

  /**
   * Runs `work` in one transaction (read committed) on one connection: COMMIT when it resolves, ROLLBACK when it throws.
   *
   * @returns what `work` returned, once it is committed and the `afterCommit` calls have run
   * @throws what `work` threw; AppError 'unavailable' when Postgres doesn't answer (after a lost COMMIT the outcome is
   *   unknown); AppError 'bug' when `work` swallowed the error of a statement, because nothing was stored then
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    let client: PoolClient;
    try {
      client = await this.pool.connect();
    } catch (e) {
      throw asUnavailable(e);
    }
    return runTransaction(client, work);
  }

  /** Waits for the statements under way, then closes all connections. */
  async close(): Promise<void> {
    await this.pool.end();
  }
}

async function rowsOf<Row extends object>(answer: Promise<QueryResult<Row>>): Promise<Row[]> {
  try {
    return (await answer).rows;
  } catch (e) {
    throw asUnavailable(e);
  }
}
