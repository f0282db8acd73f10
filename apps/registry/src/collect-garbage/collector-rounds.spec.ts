import { createLogger } from '@berth/telemetry';
import { waitFor } from '@berth/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newPlace, TestRegistry } from '../registry.suite.js';
import { pushBlob } from '../sample-content.suite.js';
import { CollectorRounds } from './collector-rounds.js';
import { countOf, storedKeys } from './garbage.suite.js';

const logger = createLogger({ service: 'registry', instance: 'spec', level: 'silent' });
const nothing = { links: 0, blobs: 0, bytes: 0, keys: 0, rows: 0 };

function roundsOf(round: (signal?: AbortSignal) => Promise<typeof nothing>, everyMs = 1_000) {
  const collector = { round: vi.fn(round) };
  // Only its rounds are called.
  const rounds = new CollectorRounds(collector as never, everyMs, logger);
  rounds.onApplicationBootstrap();
  return { rounds, collector };
}

describe('the rounds of the collector', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('go on after one that failed', async () => {
    const { rounds, collector } = roundsOf(() => Promise.reject(new Error('store down')));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(collector.round.mock.calls.length).toBeGreaterThanOrEqual(4);
    await rounds.beforeApplicationShutdown();
  });

  it('never overlap, and a stop waits for the one under way and begins no other', async () => {
    const { promise, resolve } = Promise.withResolvers<typeof nothing>();
    const { rounds, collector } = roundsOf(() => promise);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(collector.round).toHaveBeenCalledTimes(1);
    let hasStopped = false;
    const stopped = rounds.beforeApplicationShutdown().then(() => (hasStopped = true));
    await vi.advanceTimersByTimeAsync(10_000);
    expect([hasStopped, collector.round.mock.calls[0]?.[0]?.aborted]).toEqual([false, true]);
    resolve(nothing);
    await stopped;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(collector.round).toHaveBeenCalledTimes(1);
  });

  it('are none when they are switched off', async () => {
    const { collector } = roundsOf(() => Promise.resolve(nothing), 0);
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(collector.round).not.toHaveBeenCalled();
  });
});

describe('a registry', () => {
  it('collects and scrubs by itself, says so in its metrics, and stops at once', async () => {
    const place = await newPlace();
    const settings = { BERTH_GC_INTERVAL: 1, BERTH_GC_REVIEW_DELAY: 0, BERTH_SCRUB_RATE: 8 };
    const registry = await TestRegistry.start(place, { settings });
    await pushBlob(registry, 'rounds/app', Buffer.from('unused'));
    await waitFor('nothing is left', { withinMs: 15_000 }, async () =>
      (await countOf(registry, 'blob')) + storedKeys(place).length === 0 ? true : null,
    );
    const metrics = await (await registry.ask('GET', '/metrics', { token: null })).text();
    expect(metrics).toMatch(/berth_registry_garbage_collected_total\{what="blobs",.*\} 1/);
    expect(metrics).toMatch(/berth_registry_scrubbed_blobs_total\{outcome="bad",.*\} 0/);
    const before = performance.now();
    await registry.stop();
    expect(performance.now() - before).toBeLessThan(10_000);
    await place.remove();
  });
});
