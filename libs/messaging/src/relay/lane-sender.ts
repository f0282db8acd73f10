import type { Database } from '@berth/persistence';
import type { EventSender } from './event-sender.js';
import type { RelayLease } from './relay-lease.js';
import { republish } from './republish.js';
import { markSent, readUnsent, type Lane, type RowBatch } from './unsent-rows.js';

export interface LaneSenderOptions {
  readonly db: Pick<Database, 'prepared' | 'transaction'>;
  readonly sender: EventSender;
  readonly lease: Pick<RelayLease, 'current' | 'forget'>;
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number;
}

/** Longer than a send can be under way after its caller has given up on it. */
const settleMs = 10_000;

/**
 * Sends the rows of a lane to Kafka and marks them afterwards, so that a crash between the two repeats rows and loses
 * none.
 *
 * A send whose end is unknown (failed, or of the holder before) may still arrive, behind a newer state of the same key:
 * followers hold by version, but compaction keeps what is last. So the states from there on are published once more
 * when it must have ended.
 */
export class LaneSender {
  private readonly db: LaneSenderOptions['db'];
  private unsettledFrom: number | null = null;
  private settleAtMs = 0;

  constructor(private readonly options: LaneSenderOptions) {
    this.db = options.db;
  }

  /**
   * Sends up to 500 rows of a lane, as long as the lease is held. A topic that fails doesn't hold up the others.
   *
   * @returns whether there were rows, so there may be more
   * @throws what the first failed batch failed with
   */
  async send(lane: Lane): Promise<boolean> {
    const batches = await readUnsent(this.db, lane);
    const failures = new Map<string, unknown>();
    for (const batch of batches) {
      if (failures.has(batch.outgoing.topic)) continue;
      try {
        await this.sendBatch(batch);
      } catch (e) {
        failures.set(batch.outgoing.topic, e);
      }
    }
    for (const failure of failures.values()) throw failure;
    return batches.length > 0;
  }

  /** To be called by a new holder: what the one before hadn't marked may be under way. */
  async takeOver(): Promise<void> {
    const [row] = await this.db.prepared<{ first: number | null }>({
      name: 'outbox_first_unsent_change',
      text: `select min(change) as first from outbox where lane = 'urgent' and sent_at is null`,
    });
    this.unsettle(row?.first ?? null);
  }

  /** Republishes the states that a late send may have been written behind, once such a send must have ended. */
  async settle(): Promise<void> {
    const from = this.unsettledFrom;
    if (from === null || this.options.monotonicMs() < this.settleAtMs) return;
    await this.db.transaction((tx) => republish(tx, from));
    this.unsettledFrom = null;
  }

  private async sendBatch(batch: RowBatch): Promise<void> {
    const fence = this.options.lease.current();
    if (fence === null) return;
    try {
      await this.options.sender.send(batch.outgoing);
    } catch (e) {
      this.unsettle(batch.firstChange);
      throw e;
    }
    const from = batch.firstChange;
    if (await markSent(this.db, batch, fence)) return;
    // Written after the lease had gone to another, who may have sent newer states before.
    this.options.lease.forget();
    if (from !== null) await this.db.transaction((tx) => republish(tx, from));
  }

  private unsettle(change: number | null): void {
    if (change === null) return;
    this.unsettledFrom = Math.min(change, this.unsettledFrom ?? change);
    this.settleAtMs = this.options.monotonicMs() + settleMs;
  }
}
