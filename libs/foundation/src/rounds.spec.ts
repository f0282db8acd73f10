import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Rounds } from './rounds.js';

class SpecRounds extends Rounds {
  readonly begun: AbortSignal[] = [];
  readonly told: unknown[] = [];

  constructor(
    private readonly work: () => Promise<void>,
    everyMs = 1_000,
  ) {
    super(everyMs);
    void this.onApplicationBootstrap();
  }

  protected round(signal: AbortSignal): Promise<void> {
    this.begun.push(signal);
    return this.work();
  }

  protected failed(err: unknown): void {
    this.told.push(err);
  }
}

describe('rounds', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('go on after one that failed, which is told of', async () => {
    const down = new Error('store down');
    const rounds = new SpecRounds(() => Promise.reject(down));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(rounds.begun.length).toBeGreaterThanOrEqual(4);
    expect(rounds.told).toEqual(rounds.begun.map(() => down));
    await rounds.beforeApplicationShutdown();
  });

  it('never overlap, and a stop waits for the one under way and begins no other', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const rounds = new SpecRounds(() => promise);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(rounds.begun).toHaveLength(1);
    let hasStopped = false;
    const stopped = rounds.beforeApplicationShutdown().then(() => (hasStopped = true));
    await vi.advanceTimersByTimeAsync(10_000);
    expect([hasStopped, rounds.begun[0]?.aborted]).toEqual([false, true]);
    resolve(undefined);
    await stopped;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(rounds.begun).toHaveLength(1);
  });

  it('are none when they are switched off', async () => {
    const rounds = new SpecRounds(() => Promise.resolve(), 0);
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(rounds.begun).toEqual([]);
  });
});
