import type { Service, StateTopic } from '@berth/contracts';
import { errorMessage } from '@berth/errors';
import type { Database } from '@berth/persistence';
import type { Logger, Metrics } from '@berth/telemetry';
import { v7 as uuidv7 } from 'uuid';
import { readBacklog, type Backlog } from './backlog.js';
import type { EventSender } from './event-sender.js';
import { heartbeatsOf, readSafeChange } from './heartbeat.js';
import { LaneSender } from './lane-sender.js';
import { tidyOutbox } from './outbox-days.js';
import { Pause } from './pause.js';
import { RelayLease, type LeaseFence } from './relay-lease.js';
import { adoptCluster } from './republish.js';

export interface OutboxRelayOptions {
  /** A pool of the relay's own (`poolSize: 2`), so that requests can't starve it. */
  readonly db: Pick<Database, 'query' | 'prepared' | 'transaction'>;
  readonly producer: EventSender;
  readonly service: Service;
  readonly instance: string;
  /** The state topics that this service owns; each gets heartbeats. */
  readonly stateTopics: readonly Pick<StateTopic, 'name' | 'partitions' | 'retentionMs'>[];
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly metrics?: Pick<Metrics, 'gauge'>;
  /** Milliseconds that only grow; `performance.now` when left out. */
  readonly monotonicMs?: () => number;
}

export interface RelayStatus extends Backlog {
  /** Whether this process is the one that relays. */
  readonly holdsLease: boolean;
  /** Why it can't go on; null when it can. */
  readonly lastError: string | null;
}

/** Turns of one epoch that failed, without one between that didn't. */
interface Failing {
  readonly epoch: number;
  readonly sinceMs: number;
  readonly failures: number;
  readonly error: string;
}

const pollMs = 100;
const bulkPollMs = 500;
const renewMs = 500;
const heartbeatMs = 1_000;
const countMs = 5_000;
const tidyMs = 600_000;
const maxBackOffMs = 1_000;
/** A holder that can't send for so long lets another instance try, and stays away that long. */
const giveWayAfterMs = 10_000;
const stayAwayMs = 3_000;

/**
 * Sends a service's outbox to Kafka, at least once: one process of the service at a time, by a lease. State (the urgent
 * lane) goes before facts (bulk). Each second, if nothing urgent waits, every partition of the service's state topics
 * gets a heartbeat with the number up to which all changes have been sent. Never fails to start: without Postgres or
 * Kafka it tries again for ever.
 */
export class OutboxRelay {
  private readonly monotonicMs: () => number;
  private readonly lease: RelayLease;
  private readonly lanes: LaneSender;
  private readonly workPause = new Pause();
  private readonly leasePause = new Pause();
  private loops: Promise<unknown> | null = null;
  private isStopping = false;
  private begunEpoch: number | null = null;
  private clusterId: string | null = null;
  private backlog: Backlog = { unsent: 0, oldestUnsentMs: 0 };
  private failing: Failing | null = null;
  private leaseError: string | null = null;
  private readonly dueAtMs = { bulk: 0, heartbeat: 0, count: 0, tidy: 0 };

  constructor(private readonly options: OutboxRelayOptions) {
    const { db, producer, service, instance, metrics } = options;
    this.monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.lease = new RelayLease(db, `${service}/${instance}/${uuidv7()}`, this.monotonicMs);
    this.lanes = new LaneSender({ db, sender: producer, lease: this.lease, monotonicMs: this.monotonicMs });
    metrics?.gauge({
      name: 'berth_outbox_unsent',
      help: 'Rows of the outbox that Kafka has not acknowledged; counted up to 10,000 per lane',
      read: () => this.backlog.unsent,
    });
    metrics?.gauge({
      name: 'berth_outbox_oldest_unsent_ms',
      help: 'Age of the oldest row of the outbox that Kafka has not acknowledged',
      read: () => this.backlog.oldestUnsentMs,
    });
    metrics?.gauge({
      name: 'berth_outbox_holds_lease',
      help: '1 in the process that relays the outbox of its service',
      read: () => (this.lease.current() === null ? 0 : 1),
    });
  }

  /** Begins in the background. */
  start(): void {
    this.loops ??= Promise.all([this.keepLease(), this.keepSending()]);
  }

  /** Says that an event was committed; else it is found within 100 ms (bulk: 500 ms). */
  wake(): void {
    this.dueAtMs.bulk = 0;
    this.workPause.wake();
  }

  /** Ends after the send under way and gives the lease to whoever wants it. Rows not sent stay. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.workPause.end();
    this.leasePause.end();
    await this.loops;
    if (this.lease.current() !== null) await this.lease.release().catch((e: unknown) => this.noteLease(e));
  }

  status(): RelayStatus {
    const holdsLease = this.lease.current() !== null;
    const sendError = holdsLease ? (this.failing?.error ?? null) : null;
    return { holdsLease, ...this.backlog, lastError: this.leaseError ?? sendError };
  }

  /** Apart from the sending, so that a slow send doesn't cost the lease. */
  private async keepLease(): Promise<void> {
    while (!this.isStopping) {
      try {
        await this.giveWayIfFailing();
        await this.lease.renew();
        if (this.isDue('count', countMs)) this.backlog = await readBacklog(this.options.db);
        this.leaseError = null;
      } catch (e) {
        this.noteLease(e);
      }
      await this.leasePause.wait(renewMs);
    }
  }

  private async keepSending(): Promise<void> {
    while (!this.isStopping) {
      const fence = this.lease.current();
      if (fence === null) {
        await this.workPause.wait(pollMs);
        continue;
      }
      try {
        const isMore = await this.turn(fence);
        // A turn that ended because the lease did has proven nothing.
        if (this.lease.current() !== null) this.noteSuccess();
        if (!isMore) await this.workPause.wait(pollMs);
      } catch (e) {
        const { failures } = this.noteFailure(e, fence);
        await this.workPause.wait(Math.min(pollMs * 2 ** failures, maxBackOffMs), false);
      }
    }
  }

  /** @returns whether there may be more to do at once */
  private async turn(fence: LeaseFence): Promise<boolean> {
    if (fence.epoch !== this.begunEpoch) await this.begin(fence);
    if (await this.lanes.send('urgent')) return true;
    await this.lanes.settle();
    if (this.options.stateTopics.length > 0 && this.isDue('heartbeat', heartbeatMs)) await this.beat(fence);
    if (this.isDue('bulk', bulkPollMs) && (await this.lanes.send('bulk'))) {
      this.dueAtMs.bulk = 0;
      return true;
    }
    if (this.isDue('tidy', tidyMs)) await this.tidy();
    return false;
  }

  /** Nothing is sent before the cluster is known: state that another cluster was given must be given to this one too. */
  private async begin(fence: LeaseFence): Promise<void> {
    this.clusterId = null;
    await this.checkCluster(fence);
    await this.lanes.takeOver();
    this.begunEpoch = fence.epoch;
    this.options.logger.info({ epoch: fence.epoch, kafkaCluster: this.clusterId }, 'relays the outbox');
  }

  /** @returns whether state was republished */
  private async checkCluster(fence: LeaseFence): Promise<boolean> {
    const { producer, db, logger } = this.options;
    const clusterId = await producer.clusterId();
    if (clusterId === this.clusterId) return false;
    const hasRepublished = await adoptCluster(db, clusterId, fence);
    this.clusterId = clusterId;
    if (hasRepublished) logger.warn({ kafkaCluster: clusterId }, 'another Kafka cluster: all state is republished');
    return hasRepublished;
  }

  private async beat(fence: LeaseFence): Promise<void> {
    const { producer, db, stateTopics } = this.options;
    if (await this.checkCluster(fence)) return;
    const safeChange = await readSafeChange(db);
    if (safeChange === null) {
      // Something was committed meanwhile: it is sent first, and then it beats, not a second later.
      this.dueAtMs.heartbeat = 0;
      return;
    }
    if (this.lease.current() === null) return;
    await Promise.all(stateTopics.map((topic) => producer.send(heartbeatsOf(topic, safeChange))));
  }

  /** What can't be tidied now is tidied next time; sending doesn't wait for it. */
  private async tidy(): Promise<void> {
    try {
      await tidyOutbox(this.options.db, this.options.stateTopics);
    } catch (e) {
      this.options.logger.warn({ err: e }, 'the outbox could not be tidied');
    }
  }

  private isDue(what: 'bulk' | 'heartbeat' | 'count' | 'tidy', everyMs: number): boolean {
    const nowMs = this.monotonicMs();
    if (nowMs < this.dueAtMs[what]) return false;
    this.dueAtMs[what] = nowMs + everyMs;
    return true;
  }

  private async giveWayIfFailing(): Promise<void> {
    if (this.failing === null || this.monotonicMs() - this.failing.sinceMs < giveWayAfterMs) return;
    this.failing = null;
    await this.lease.release(stayAwayMs);
  }

  private noteSuccess(): void {
    if (this.failing === null) return;
    this.options.logger.info({ failures: this.failing.failures }, 'the outbox relay goes on');
    this.failing = null;
  }

  private noteFailure(e: unknown, { epoch }: LeaseFence): Failing {
    const isFirst = this.failing?.epoch !== epoch;
    if (isFirst) this.options.logger.warn({ err: e }, 'the outbox relay can not go on; it tries again');
    const before = isFirst || this.failing === null ? { sinceMs: this.monotonicMs(), failures: 0 } : this.failing;
    this.failing = { ...before, epoch, failures: before.failures + 1, error: errorMessage(e) };
    return this.failing;
  }

  private noteLease(e: unknown): void {
    if (this.leaseError === null) this.options.logger.warn({ err: e }, 'the outbox relay can not reach its tables');
    this.leaseError = errorMessage(e);
  }
}
