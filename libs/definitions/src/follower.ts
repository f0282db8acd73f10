import type { ChangesPage, Service } from '@berth/contracts';
import type { StateProgress } from '@berth/messaging';
import type { Logger } from '@berth/telemetry';
import type { StateCopy } from './state-copy.js';

/** Runs something again and again until told to stop. */
export type Repeat = (everyMs: number, run: () => void) => () => void;

/** What a {@link Follower} is made with. */
export interface FollowerOptions {
  readonly owner: Service;
  readonly copy: Pick<StateCopy, 'takeIn' | 'markFresh' | 'freshAtMs' | 'dropOutlived'>;
  /** Names of the followed topics. */
  readonly topics: readonly string[];
  /** How far Kafka has been read: `(topic) => strategy.progress(topic)`. */
  readonly progressOf: (topic: string) => StateProgress;
  /** Asks the owner: `GET /internal/changes?after=`. */
  readonly poll: (after: number) => Promise<ChangesPage>;
  /** Whether the owner's first record is in memory (policy: account `default`; identity: one active key). */
  readonly hasFirstRecord: () => boolean;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Default: a timer that doesn't keep the process alive. */
  readonly repeat?: Repeat | undefined;
}

const tickMs = 250;
/** Two heartbeats missed. */
const silentAfterMs = 2_500;
const pollEveryMs = 1_000;
const noKafkaAfterMs = 10_000;
const noteFreshEveryMs = 60_000;
const noteFreshAgainMs = 1_000;
const dropOutlivedEveryMs = 3_600_000;

/**
 * Watches how a copy keeps up with its owner, and asks the owner itself while Kafka is silent.
 *
 * - Silent = no heartbeat for 2.5 s: it polls at once, then every second, until heartbeats return.
 * - Ready = the owner's first record is there, and either Kafka was read to the end seen at start, or a poll has read
 *   everything, or Kafka gave no answer for 10 s (the stored copy then has to do). Once ready, ready.
 */
export class Follower {
  private startedAtMs = Number.POSITIVE_INFINITY;
  private wasReady = false;
  private hasPolledAll = false;
  /** Every change up to this number is in the copy; null while Kafka tells. */
  private cursor: number | null = null;
  private nextPollAtMs = 0;
  private nextNoteAtMs = 0;
  private nextDropAtMs = 0;
  private freshAtMs = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | null = null;
  private stopRepeating: (() => void) | null = null;

  constructor(private readonly options: FollowerOptions) {}

  /** Begins to watch; the copy is loaded before. */
  start(): void {
    const { clock, repeat = everyWithTimer } = this.options;
    this.startedAtMs = clock();
    this.nextDropAtMs = this.startedAtMs + dropOutlivedEveryMs;
    this.stopRepeating = repeat(tickMs, () => void this.tick());
  }

  /** Ends the watch; resolves once nothing of it is under way. */
  async stop(): Promise<void> {
    this.stopRepeating?.();
    this.stopRepeating = null;
    await this.looking;
  }

  /** Whether the copy may be decided on. */
  isReady(): boolean {
    this.wasReady ||= this.options.hasFirstRecord() && this.hasEnough();
    return this.wasReady;
  }

  /**
   * How long ago the copy was last known to hold everything its owner had published, by any replica, in milliseconds;
   * Infinity when that isn't known.
   */
  ageMs(): number {
    this.noteKafka();
    return this.options.clock() - this.freshAtMs;
  }

  /** One look at the state of things; the timer calls it. Never rejects; one at a time. */
  tick(): Promise<void> {
    this.looking ??= this.look().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  private async look(): Promise<void> {
    const { logger, owner } = this.options;
    await this.pollWhileSilent().catch((e: unknown) => {
      logger.warn({ err: e, owner }, 'the owner could not be asked for changes; it is asked again');
    });
    await this.keepHouse().catch((e: unknown) => {
      logger.warn({ err: e, owner }, 'the age of the copy could not be noted; it is tried again');
    });
  }

  private async pollWhileSilent(): Promise<void> {
    const { clock, logger, owner } = this.options;
    if (this.silentForMs() <= silentAfterMs) {
      if (this.cursor !== null) logger.info({ owner }, 'Kafka is heard again');
      this.cursor = null;
      this.nextPollAtMs = 0;
      return;
    }
    if (clock() < this.nextPollAtMs) return;
    this.nextPollAtMs = clock() + pollEveryMs;
    if (this.cursor === null) {
      logger.warn({ owner }, 'Kafka is silent; the owner is asked instead');
      this.cursor = this.safeChange();
    }
    this.cursor = await this.readChangesAfter(this.cursor);
  }

  private async readChangesAfter(after: number): Promise<number> {
    const { poll, copy, clock } = this.options;
    let cursor = after;
    for (;;) {
      const askedAtMs = clock();
      const page = await poll(cursor);
      // An owner that has less than it had was restored from a backup: what it has now is read from the beginning.
      if (page.upTo < cursor) return 0;
      await copy.takeIn(page.changes);
      cursor = page.upTo;
      if (page.more) continue;
      this.hasPolledAll = true;
      this.freshAtMs = Math.max(this.freshAtMs, askedAtMs);
      return cursor;
    }
  }

  private async keepHouse(): Promise<void> {
    const { clock, copy } = this.options;
    const now = clock();
    if (now >= this.nextNoteAtMs) {
      this.nextNoteAtMs = now + noteFreshAgainMs;
      this.noteKafka();
      if (Number.isFinite(this.freshAtMs)) await copy.markFresh(this.freshAtMs);
      this.freshAtMs = Math.max(this.freshAtMs, await copy.freshAtMs());
      this.nextNoteAtMs = now + noteFreshEveryMs;
    }
    if (now >= this.nextDropAtMs) {
      this.nextDropAtMs = now + dropOutlivedEveryMs;
      await copy.dropOutlived();
    }
  }

  private hasEnough(): boolean {
    const all = this.progress();
    if (this.hasPolledAll || all.every(({ caughtUp }) => caughtUp)) return true;
    const hasKafka = all.some(({ answered }) => answered);
    return !hasKafka && this.options.clock() - this.startedAtMs >= noKafkaAfterMs;
  }

  /** A heartbeat counts once all before it is handled, so what was published before it is in the copy. */
  private noteKafka(): void {
    const isHeard = this.progress().every((topic) => topic.caughtUp && topic.safeChange() > 0);
    if (isHeard) this.freshAtMs = Math.max(this.freshAtMs, this.options.clock() - this.silentForMs());
  }

  private silentForMs(): number {
    return Math.max(...this.progress().map((topic) => topic.silentForMs()));
  }

  private safeChange(): number {
    return Math.min(...this.progress().map((topic) => topic.safeChange()));
  }

  private progress(): StateProgress[] {
    return this.options.topics.map((topic) => this.options.progressOf(topic));
  }
}

const everyWithTimer: Repeat = (everyMs, run) => {
  const timer = setInterval(run, everyMs).unref();
  return () => clearInterval(timer);
};
