import type { Queryable, Transaction } from '@berth/persistence';

/** The ids of events whose entries are in the log. Only used behind `EntryLog.lockEnd`. */
export abstract class ConsumedEventStore {
  /** Notes events as consumed. @returns the ids of those that weren't before */
  abstract add(tx: Transaction, ids: readonly string[], at: Date): Promise<ReadonlySet<string>>;
  /** Forgets what was consumed before an instant; no delivery comes again so late. */
  abstract forgetBefore(db: Queryable, instant: Date): Promise<void>;
}
