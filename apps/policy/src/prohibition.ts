import type { ProhibitionDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';

/** What shuts something for everybody. One that tells of a deletion has the id of the thing that is deleted. */
export abstract class ProhibitionStore {
  /** Null also for another account's. */
  abstract find(db: Queryable, account: string, id: string): Promise<ProhibitionDefinition | null>;
  /** Of things with these ids, in whichever account, those that somebody deletes. */
  abstract deletionsAmong(db: Queryable, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** @returns false when one of that id is there; nothing is stored then */
  abstract insert(tx: Transaction, prohibition: ProhibitionDefinition): Promise<boolean>;
  /**
   * Deletes the prohibition by which a deletion began, in whichever account.
   *
   * @param id that of the thing that was deleted
   * @returns it as it was, or null when there is none
   */
  abstract deleteDeletion(tx: Transaction, id: string): Promise<ProhibitionDefinition | null>;
}
