import { waitFor } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { newPlace, TestRegistry } from '../registry.suite.js';
import { pushBlob } from '../sample-content.suite.js';
import { countOf, storedKeys } from './garbage.suite.js';

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
