import type { ChangesPage } from '@berth/contracts';
import type { StateProgress } from '@berth/messaging';
import { expect } from 'vitest';
import { Follower } from './follower.js';
import type { StateRecord, UnreadableState } from './state-copy.js';
import { silentLogger } from './state-copy.suite.js';

export const startMs = 1_800_000_000_000;

/** A topic as Kafka would show it; heartbeats come when told. */
class SpecProgress implements StateProgress {
  caughtUp = false;
  answered = false;
  heardAtMs = startMs;
  change = 0;

  constructor(private readonly clock: () => number) {}

  silentForMs(): number {
    return this.clock() - this.heardAtMs;
  }

  safeChange(): number {
    return this.change;
  }

  beat(n: number): void {
    this.answered = true;
    this.caughtUp = true;
    this.change = n;
    this.heardAtMs = this.clock();
  }
}

/** A follower of two topics with a clock and an owner that the spec moves. */
export class SpecFollower {
  nowMs = startMs;
  readonly one = new SpecProgress(() => this.nowMs);
  readonly two = new SpecProgress(() => this.nowMs);
  hasFirstRecord = false;
  stored: number[] = [];
  polled: number[] = [];
  marked: number[] = [];
  storedFreshAtMs = Number.NEGATIVE_INFINITY;
  dropped = 0;
  answer: (after: number) => Promise<ChangesPage> = () => Promise.resolve({ changes: [], upTo: 0, more: false });
  run: (() => void) | null = null;

  readonly follower = new Follower({
    owner: 'policy',
    topics: ['one', 'two'],
    progressOf: (topic) => (topic === 'one' ? this.one : this.two),
    hasFirstRecord: () => this.hasFirstRecord,
    clock: () => this.nowMs,
    logger: silentLogger,
    poll: (after) => {
      this.polled.push(after);
      return this.answer(after);
    },
    copy: {
      takeIn: (records: readonly (StateRecord | UnreadableState)[]) => {
        this.stored.push(...records.map((record) => ('change' in record ? (record.change ?? 0) : 0)));
        return Promise.resolve();
      },
      markFresh: (atMs) => {
        this.marked.push(atMs);
        return Promise.resolve();
      },
      freshAtMs: () => Promise.resolve(this.storedFreshAtMs),
      dropOutlived: () => {
        this.dropped += 1;
        return Promise.resolve();
      },
    },
    repeat: (everyMs, run) => {
      expect(everyMs).toBe(250);
      this.run = run;
      return () => (this.run = null);
    },
  });

  async after(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.follower.tick();
  }

  beat(n: number): void {
    this.one.beat(n);
    this.two.beat(n);
  }
}
