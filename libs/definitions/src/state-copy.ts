import type { Service } from '@berth/contracts';
import { AppError, errorMessage, isAppError } from '@berth/errors';
import type { Database, Transaction } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { CopyTable, type FoundState, type StoredState } from './copy-table.js';
import type { AnyTopicCopy, ReadState, Unreadable } from './topic-copy.js';

/** One state as it arrived: from Kafka, from the owner's `/internal/changes`, or as the answer to a question. */
export interface StateRecord {
  readonly topic: string;
  readonly key: string;
  /** The owner's number of the publication; null when the state came as an answer. */
  readonly change: number | null;
  /** Checked by the topic's schema. */
  readonly data: unknown;
}

/** A record that could be identified but not read, as Kafka's side hands it over. */
export interface UnreadableState extends Unreadable {
  readonly topic: string;
  readonly unreadable: true;
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

/** A record and what its topic read in it. */
interface ReadRecord extends StateRecord {
  readonly state: ReadState;
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
    const { db } = this.options;
    const epoch = await db.transaction((tx) => this.table.readAll(tx, (state) => this.applyStored(state)));
    this.memoryEpoch = Math.max(this.memoryEpoch, epoch);
  }

  /**
   * Takes in records, in any order and any number of times, in one transaction. Resolves once they (or newer states) are
   * stored and in memory. Never call it inside another transaction: the copy's lock comes first.
   *
   * @throws AppError 'unavailable' when Postgres doesn't answer; 'malformed' with code `unreadable-record`; what a hook
   *   throws. Nothing of the batch is stored then.
   */
  async apply(records: readonly StateRecord[]): Promise<void> {
    await this.applyRead(records.map((record) => this.read(record)));
  }

  /**
   * As {@link apply}, for records of which some can't be read, in the order in which their owner published them. These
   * don't keep the rest from being applied: their keys are distrusted, except where a later record of the key is readable.
   *
   * @throws AppError 'bug' with code `unreadable-key` when nobody can say what a record is about; the others are applied
   *   then. What {@link apply} throws, but `unreadable-record`
   */
  async takeIn(records: readonly (StateRecord | UnreadableState)[]): Promise<void> {
    const readable: ReadRecord[] = [];
    const distrusted = new Map<string, UnreadableState>();
    for (const record of records) {
      const read = 'unreadable' in record ? record : this.tryRead(record);
      const place = `${read.topic} ${read.key}`;
      if ('unreadable' in read) {
        distrusted.set(place, read);
        continue;
      }
      readable.push(read);
      distrusted.delete(place);
    }
    await this.applyRead(readable);
    for (const unreadable of distrusted.values()) this.distrust(unreadable);
    const keyless = records.find(({ key }) => key === '');
    if (keyless !== undefined) {
      throw new AppError({
        kind: 'bug',
        code: 'unreadable-key',
        message: `a record of ${keyless.topic} without a key`,
      });
    }
  }

  private async applyRead(records: readonly ReadRecord[]): Promise<void> {
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
  private newestOf(records: readonly ReadRecord[]): Candidate[] {
    const newest = new Map<string, Candidate>();
    for (const { topic, key, change, data, state } of records) {
      const known = newest.get(`${topic} ${key}`)?.version ?? this.topicOf(topic).versionOf(key);
      if (state.version <= known) continue;
      newest.set(`${topic} ${key}`, { topic, key, change, version: state.version, data, state });
    }
    return [...newest.values()];
  }

  private async refresh(): Promise<void> {
    const { epoch, rows } = await this.table.readSince(this.options.db, this.memoryEpoch);
    for (const row of rows) this.applyStored(row);
    this.memoryEpoch = Math.max(this.memoryEpoch, epoch);
  }

  /** A row that another version of this code wrote must not keep the service from starting; it grants nothing. */
  private applyStored({ storedAt, ...row }: FoundState): void {
    if (!this.topics.has(row.topic)) return;
    const read = this.tryRead({ ...row, change: null }, storedAt.getTime());
    if ('unreadable' in read) this.distrust(read);
    else read.state.apply();
  }

  private read({ topic, key, change, data }: StateRecord): ReadRecord {
    return { topic, key, change, data, state: this.topicOf(topic).read(key, data) };
  }

  /** @param timestampMs when the record came into being at the latest */
  private tryRead(record: StateRecord, timestampMs = this.options.clock()): ReadRecord | UnreadableState {
    const { topic, key } = record;
    try {
      return this.read(record);
    } catch (e) {
      if (!isAppError(e) || e.kind !== 'malformed') throw e;
      this.options.logger.error({ err: e, topic, key }, 'a state cannot be read and is not used');
      return { topic, key, timestampMs, unreadable: true, reason: errorMessage(e), said: record.data };
    }
  }

  private distrust({ topic, key, timestampMs, reason, said }: UnreadableState): void {
    this.topicOf(topic).distrust({ key, timestampMs, reason, said });
  }

  private topicOf(name: string): AnyTopicCopy {
    const topic = this.topics.get(name);
    if (topic === undefined) throw new AppError({ kind: 'bug', message: `${name} is not followed here` });
    return topic;
  }
}
