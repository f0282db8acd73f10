import type { Entry, EntryDraft } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';

/** Which entries are asked for; what is left out is not asked about. */
export interface EntryFilter {
  /** Id (`<kind>:<id>`) or name of who acted. */
  readonly actor?: string | undefined;
  /** In Berth's own words. */
  readonly action?: string | undefined;
  readonly repository?: string | undefined;
  readonly outcome?: EntryDraft['outcome'] | undefined;
  readonly event?: EntryDraft['event'] | undefined;
  /** The first instant that counts, and the first that counts no more; of the deed, not of its storing. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** Which part of what was found: in the order of the log, behind one entry. */
export interface EntryPageRequest {
  /** 0 = from the beginning. */
  readonly afterSeq: number;
  readonly limit: number;
}

/** The log: one for the installation, numbered from 1 without gaps. Nothing here changes or removes an entry. */
export abstract class EntryLog {
  /**
   * Makes this transaction the only one that appends, until it ends; whatever it reads from here on, no other appender can
   * change. Taken first, so that appenders wait for each other instead of deadlocking.
   *
   * @returns how many entries there are
   */
  abstract lockEnd(tx: Transaction): Promise<number>;
  /**
   * Appends behind the `size` entries that `lockEnd` has told of, in the order given, and keeps when their actors were last
   * used.
   */
  abstract append(tx: Transaction, size: number, drafts: readonly EntryDraft[]): Promise<void>;
  /** Entries of one account, at most `limit`. */
  abstract find(
    db: Queryable,
    account: string,
    request: { readonly filter: EntryFilter; readonly page: EntryPageRequest },
  ): Promise<Entry[]>;
}
