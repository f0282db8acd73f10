/**
 * Something SQL can be sent to: a {@link Database} (any connection) or a {@link Transaction} (always the same one).
 * Parameters are `$1, $2, ..`; text is never put together from input.
 */
export interface Queryable {
  /**
   * @returns the rows: int8 as a number (checked to be a safe integer), timestamptz as a Date, json and jsonb parsed,
   *   bytea as a Buffer, numeric and date as text
   * @throws AppError 'unavailable' when Postgres doesn't answer; the driver's own error for a refused statement
   */
  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** One open transaction. Unusable once the function it was given to has ended. */
export interface Transaction extends Queryable {
  /** Runs after COMMIT, never after a rollback; for wake-ups and views in memory. It must not throw. */
  afterCommit(run: () => void): void;
}
