import type { Service } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Database, Transaction } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { CopyTable, type StoredState } from './copy-table.js';
import type { AnyTopicCopy, ReadState } from './topic-copy.js';

/** One state as it arrived: from Kafka, from the owner's `/internal/changes`, or as the answer to a question. */
export interface StateRecord {
  readonly topic: string;
  readonly key: string;
  /** The owner's number of the publication; null when the state came as an answer. */
  readonly change: number | null;
  /** Checked by the topic's schema. */
  readonly data: unknown;
}

/** What a {@link StateCopy} is made with. */
export interface StateCopyOptions {
  readonly db: Database;
  /** Whose topics these are. One copy per owner and process. */
  readonly owner: Service;
  readonly topics: readonly AnyTopicCopy[];
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
}

interface Candidate extends StoredState {
  readonly state: ReadState;
}

/**
 * A service's copy of what one owner published: in a table that its replicas share, and in memory. Both hold by version,
 * so the same record twice, an old one after a newer one, and several replicas at once do no harm.
 *
 * Each transaction that stores something raises the owner's epoch in `followed_epoch`, under its row lock: epochs are in
 * the order of commits, and a process whose memory is at epoch n holds every state stored up to n.
 */
export class StateCopy {
  private readonly topics: ReadonlyMap<string, AnyTopicCopy>;
  private readonly table: CopyTable;
  private memoryEpoch = -1;

  constructor(private readonly options: StateCopyOptions) {
    this.topics = new Map(options.topics.map((topic) => [topic.name, topic]));
    this.table = new CopyTable(options.owner);
  }

  /** Every state stored up to this epoch is in memory; -1 before {@link load}. */
  get epoch(): number {
    return this.memoryEpoch;
  }

  /** Reads the whole table into memory; at start. @throws AppError 'unavailable' when Postgres doesn't answer */
  async load(): Promise<void> {
    await this.dropOutlived();
    await this.refresh();
  }

  /**
   * Takes in records, in any order and any number of times, in one transaction. Resolves once they (or newer states) are
   * stored and in memory. Never call it inside another transaction: the copy's lock comes first.
   *
   * @throws AppError 'unavailable' when Postgres doesn't answer; 'malformed' with code `unreadable-record`; what a hook
   *   throws. Nothing of the batch is stored then.
   */
  async apply(records: readonly StateRecord[]): Promise<void> {
    const candidates = this.newestOf(records);
    if (candidates.length === 0) return;
    const { before, after, fresh } = await this.options.db.transaction((tx) => this.store(tx, candidates));
    // Otherwise others have stored what this memory doesn't have yet; it is read together with this batch.
    if (this.memoryEpoch < before) return this.refreshTo(after);
    for (const { state } of fresh) state.apply();
    this.memoryEpoch = Math.max(this.memoryEpoch, after);
  }

  /** Brings memory to an epoch that was read from the table, at least. @throws AppError 'unavailable' */
  async refreshTo(epoch: number): Promise<void> {
    if (this.memoryEpoch >= epoch) return;
    await this.refresh();
    if (this.memoryEpoch < epoch) {
      throw new AppError({ kind: 'unavailable', message: 'the copy is behind its own table', retryAfterSeconds: 1 });
    }
  }

  /** Notes that the copy held everything the owner had published at that instant (epoch milliseconds). */
  async markFresh(atMs: number): Promise<void> {
    await this.table.markFresh(this.options.db, new Date(atMs));
  }

  /** When the copy was last known to hold everything, noted by any replica; epoch milliseconds, -Infinity = never. */
  async freshAtMs(): Promise<number> {
    return this.table.freshAtMs(this.options.db);
  }

  /** Deletes states of topics with a retention that have outlived it. */
  async dropOutlived(): Promise<void> {
    for (const { name, retentionMs } of this.options.topics) {
      if (retentionMs === null) continue;
      await this.table.deleteStoredBefore(this.options.db, name, new Date(this.options.clock() - retentionMs));
    }
  }

  private async store(tx: Transaction, candidates: readonly Candidate[]) {
    const before = await this.table.lockEpoch(tx);
    const stored = await this.table.readStored(tx, candidates);
    const fresh = candidates.filter(({ version, topic, key }) => version > (stored.find(topic, key)?.version ?? 0));
    if (fresh.length === 0) return { before, after: before, fresh };
    await this.table.write(tx, { states: fresh, epoch: before + 1, at: new Date(this.options.clock()) });
    for (const { topic, key, state } of fresh) await state.stored(tx, stored.find(topic, key)?.data ?? null);
    return { before, after: before + 1, fresh };
  }

  /** Per key the newest of the batch, without what memory has: a topic read again costs no statement. */
  private newestOf(records: readonly StateRecord[]): Candidate[] {
    const newest = new Map<string, Candidate>();
    for (const { topic, key, change, data } of records) {
      const copy = this.topics.get(topic);
      if (copy === undefined) throw new AppError({ kind: 'bug', message: `${topic} is not followed here` });
      const state = copy.read(key, data);
      const known = newest.get(`${topic} ${key}`)?.version ?? copy.versionOf(key);
      if (state.version <= known) continue;
      newest.set(`${topic} ${key}`, { topic, key, change, version: state.version, data, state });
    }
    return [...newest.values()];
  }

  private async refresh(): Promise<void> {
    const { epoch, rows } = await this.table.readSince(this.options.db, this.memoryEpoch);
    for (const { topic, key, data } of rows) this.applyStored(topic, key, data);
    this.memoryEpoch = Math.max(this.memoryEpoch, epoch);
  }

  /** A row that another version of this code wrote must not keep the service from starting; it grants nothing. */
  private applyStored(topic: string, key: string, data: unknown): void {
    try {
      this.topics.get(topic)?.read(key, data).apply();
    } catch (e) {
      this.options.logger.error({ err: e, topic, key }, 'a stored state cannot be read and is not used');
    }
  }
}
