import { setTimeout as sleep } from 'node:timers/promises';
import { LOGGER, type Runtime } from '@berth/foundation';
import { Database } from '@berth/persistence';
import type { Provider } from '@nestjs/common';
import { BLOB_STORE } from './blob.js';
import { CollectGarbage } from './collect-garbage/collect-garbage.js';
import { COLLECT_EVERY_MS, CollectorRounds } from './collect-garbage/collector-rounds.js';
import type { RegistryConfig } from './config.js';
import { ContentLife } from './content-life.js';
import { EmptyingStores, EmptyRegistry } from './empty-registry/empty-registry.js';
import { EMPTY_EVERY_MS, EmptyingRounds } from './empty-registry/emptying-rounds.js';
import { GarbageStore } from './garbage.js';
import { ScrubStore } from './scrub.js';
import { Findings } from './scrub-blobs/findings.js';
import { Pace } from './scrub-blobs/pace.js';
import { ScrubBlobs } from './scrub-blobs/scrub-blobs.js';
import { IS_SCRUBBING, ScrubRounds } from './scrub-blobs/scrub-rounds.js';
import { PostgresGarbageStore } from './storage/garbage.store.js';
import { PostgresScrubStore } from './storage/scrub.store.js';

const mebibyte = 1024 * 1024;

/** The part of the composition root that binds what runs beside the requests: garbage collection, deletions, the scrubber. */
export function contentCare(runtime: Runtime<RegistryConfig>): readonly Provider[] {
  const { BERTH_DELETION_INTERVAL, BERTH_GC_INTERVAL, BERTH_SCRUB_RATE } = runtime.config;
  return [
    { provide: GarbageStore, useClass: PostgresGarbageStore },
    { provide: COLLECT_EVERY_MS, useValue: BERTH_GC_INTERVAL * 1000 },
    {
      provide: CollectGarbage,
      inject: [Database, GarbageStore, BLOB_STORE, ContentLife],
      useFactory: (...parts: ConstructorParameters<typeof CollectGarbage>) =>
        counted(runtime, new CollectGarbage(...parts)),
    },
    CollectorRounds,
    ...[EmptyingStores, EmptyRegistry, EmptyingRounds],
    { provide: EMPTY_EVERY_MS, useValue: BERTH_DELETION_INTERVAL * 1000 },
    { provide: ScrubStore, useClass: PostgresScrubStore },
    { provide: IS_SCRUBBING, useValue: BERTH_SCRUB_RATE > 0 },
    { provide: Pace, useFactory: () => paceOf(BERTH_SCRUB_RATE) },
    Findings,
    {
      provide: ScrubBlobs,
      inject: [Findings, BLOB_STORE, Pace, LOGGER],
      useFactory: (...parts: ConstructorParameters<typeof ScrubBlobs>) =>
        countedScrubber(runtime, new ScrubBlobs(...parts)),
    },
    ScrubRounds,
  ];
}

/** Switched off, whoever asks for a single round gets it as fast as the store reads. */
function paceOf(mebibytesPerSecond: number): Pace {
  return new Pace({
    bytesPerSecond: mebibytesPerSecond === 0 ? Number.MAX_SAFE_INTEGER : mebibytesPerSecond * mebibyte,
    clock: () => performance.now(),
    sleep: (ms, signal) => sleep(ms, undefined, { signal, ref: false }),
  });
}

function counted({ metrics }: Runtime<RegistryConfig>, collector: CollectGarbage): CollectGarbage {
  const { collected } = collector;
  metrics.counter({
    name: 'berth_registry_garbage_collected_total',
    help: 'What was taken away because nothing needed it.',
    labels: ['what'],
    read: () =>
      (['links', 'blobs', 'keys', 'rows'] as const).map((what) => ({ labels: { what }, value: collected[what] })),
  });
  metrics.counter({
    name: 'berth_registry_garbage_collected_bytes_total',
    help: 'Bytes of blobs that were taken away.',
    read: () => collected.bytes,
  });
  metrics.counter({
    name: 'berth_registry_garbage_failures_total',
    help: 'Rounds of garbage collection that ended with an error.',
    read: () => collector.failures,
  });
  metrics.gauge({
    name: 'berth_registry_garbage_overdue_reviews',
    help: 'Reviews that were due when the last round of this process had ended.',
    read: () => collector.overdue,
  });
  return collector;
}

function countedScrubber({ metrics }: Runtime<RegistryConfig>, scrubber: ScrubBlobs): ScrubBlobs {
  metrics.counter({
    name: 'berth_registry_scrubbed_blobs_total',
    help: 'Stored blobs that were read again, by what was found.',
    labels: ['outcome'],
    read: () => Object.entries(scrubber.counts).map(([outcome, value]) => ({ labels: { outcome }, value })),
  });
  metrics.counter({
    name: 'berth_registry_scrubbed_bytes_total',
    help: 'Bytes that were read again.',
    read: () => scrubber.readBytes,
  });
  return scrubber;
}
