import { minimumRaised } from '@berth/contracts';
import type { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';

/** What is taken away from the tokens that are out. */
export interface RaisedMinima {
  /** What they were decided from, `<kind>:<id>`; none twice. */
  readonly subjects: readonly string[];
  readonly account: string;
  /** The lowest version of each that is good from now on. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/** Minima in one statement. */
const perStatement = 1000;

/**
 * Refuses, from now on, every token that was decided from these subjects at a lower version. The last step of a transaction,
 * because publishing holds a lock until the commit.
 *
 * @source architecture "Versions, minima, incarnations"
 */
export async function raiseMinima(
  outbox: Outbox,
  tx: Transaction,
  { subjects, account, version, atMs }: RaisedMinima,
): Promise<void> {
  const raisedAt = new Date(atMs).toISOString();
  const minima = subjects.map((subject) => ({ subject, account, version, raisedAt }));
  for (let at = 0; at < minima.length; at += perStatement) {
    await outbox.publishAll(tx, minimumRaised, minima.slice(at, at + perStatement));
  }
}
