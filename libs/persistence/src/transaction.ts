import { AppError, isAppError } from '@berth/errors';
import type { PoolClient } from 'pg';
import { asUnavailable } from './postgres-errors.js';
import type { Transaction } from './queryable.js';

/** BEGIN, `work`, COMMIT on a connection taken from the pool, which gets it back; see {@link Database.transaction}. */
export async function runTransaction<T>(client: PoolClient, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const tx = new OpenTransaction(client);
  try {
    await tx.send('begin');
    const result = await work(tx);
    await tx.commit();
    client.release();
    return result;
  } catch (e) {
    await tx.rollBack();
    throw e;
  }
}

class OpenTransaction implements Transaction {
  private hasEnded = false;
  /** The connection is gone or doesn't answer: not even ROLLBACK is worth a try. */
  private isLost = false;
  private readonly afterwards: (() => void)[] = [];

  constructor(private readonly client: PoolClient) {}

  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    if (this.hasEnded) throw new AppError({ kind: 'bug', message: 'a statement was sent to an ended transaction' });
    return (await this.send<Row>(sql, params)).rows;
  }

  async send<Row extends object>(sql: string, params: readonly unknown[] = []) {
    try {
      return await this.client.query<Row>(sql, [...params]);
    } catch (e) {
      const error = asUnavailable(e);
      this.isLost ||= isAppError(error);
      throw error;
    }
  }

  afterCommit(run: () => void): void {
    this.afterwards.push(run);
  }

  /** A transaction in which a statement failed answers COMMIT with ROLLBACK, and without an error. */
  async commit(): Promise<void> {
    this.hasEnded = true;
    const { command } = await this.send('commit');
    if (command !== 'COMMIT') {
      throw new AppError({ kind: 'bug', message: 'a failed statement was swallowed, so all was rolled back' });
    }
    // Microtasks run before the caller goes on; an error in one can't make a committed transaction look failed.
    for (const run of this.afterwards) queueMicrotask(run);
  }

  /** A connection that couldn't roll back is closed, never given to the next one in the middle of a transaction. */
  async rollBack(): Promise<void> {
    this.hasEnded = true;
    if (!this.isLost) await this.send('rollback').catch(() => (this.isLost = true));
    this.client.release(this.isLost);
  }
}
