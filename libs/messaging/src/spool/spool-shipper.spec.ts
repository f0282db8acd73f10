import { activityBatch, type ActivityBatch, type Topic } from '@berth/contracts';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeEvent } from '../envelope/event-envelope.js';
import { ensureTopics } from '../kafka/ensure-topics.js';
import { EventProducer } from '../kafka/event-producer.js';
import { FailingNetwork, logger, testKafka } from '../kafka/kafka.suite.js';
import { FrameBuffer } from './frame.js';
import { SpoolShipper } from './spool-shipper.js';
import { Spool } from './spool.js';
import { entry, newDir, openSpool, removeDirs, segmentFiles } from './spool.suite.js';

const patience = { timeout: 20_000, interval: 20 };

let topic: Topic<ActivityBatch>;
let network: FailingNetwork;
let producer: EventProducer;
let received: ActivityBatch[];
let stopReading: () => Promise<void>;

/** Collects the batches that arrive in the topic. */
async function read(): Promise<void> {
  const consumer = testKafka().client.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic.name], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      received.push(decodeEvent(topic, message).data);
    },
  });
  stopReading = () => consumer.disconnect();
}

function receivedTags(): (string | undefined)[] {
  return received.flatMap(({ frames }) =>
    frames.flatMap((frame) => (frame.kind === 'entry' ? [frame.entry.target.tag] : [])),
  );
}

function tags(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, n) => `t${from + n}`);
}

async function append(spool: Spool, from: number, to: number): Promise<void> {
  await Promise.all(tags(from, to).map((tag) => spool.append(entry(Number(tag.slice(1))))));
}

function shipper(spool: Spool): SpoolShipper {
  const started = new SpoolShipper({ spool, producer, topic, logger, lingerMs: 20 });
  started.start();
  return started;
}

describe('SpoolShipper', () => {
  beforeEach(async () => {
    topic = {
      name: `spec.activity-recorded-${randomUUID()}.v1`,
      producer: 'registry',
      delivery: 'work',
      cleanup: 'delete',
      retentionMs: 3_600_000,
      partitions: 1,
      schema: activityBatch,
      keyOf: ({ producer: { boot } }) => boot,
    };
    await ensureTopics(testKafka(), [topic], { replicationFactor: 1 });
    network = new FailingNetwork();
    producer = new EventProducer(network.kafka(), logger);
    producer.start();
    received = [];
    await read();
  });
  afterEach(async () => {
    await Promise.all([producer.stop(), stopReading()]);
    removeDirs();
  });

  it('ships what is appended, at most 500 frames an event, numbered without a gap', async () => {
    const spool = await openSpool(newDir());
    await append(spool, 1, 1_200);
    const shipping = shipper(spool);
    await vi.waitFor(() => expect(receivedTags()).toEqual(tags(1, 1_200)), patience);
    expect(received.map(({ first, frames }) => [first, frames.length])).toEqual([
      [1, 500],
      [501, 500],
      [1_001, 201],
    ]);
    expect(received.every((batch) => batch.producer.boot === spool.producer.boot)).toBe(true);
    await append(spool, 1_201, 1_202);
    await vi.waitFor(() => expect(receivedTags()).toEqual(tags(1, 1_202)), patience);
    expect(received.at(-1)?.first).toBe(1_202);
    await vi.waitFor(() => expect(shipping.status()).toEqual({ unshippedBytes: 0, lastError: null }), patience);
    await spool.close();
    await shipping.stop();
  });

  it('ships the last frame of a clean stop, removes every file, and the next boot still names this one', async () => {
    const dir = newDir();
    const spool = await openSpool(dir);
    const shipping = shipper(spool);
    await append(spool, 1, 3);
    await spool.close();
    await shipping.stop(5_000);
    await vi.waitFor(() => expect(received.at(-1)?.frames.at(-1)).toEqual({ kind: 'closed' }), patience);
    expect(segmentFiles(dir)).toEqual([]);
    const next = await openSpool(dir);
    const again = shipper(next);
    const previous = { boot: spool.producer.boot, last: 5 };
    await vi.waitFor(() => expect(received.at(-1)?.frames[0]).toEqual({ kind: 'opened', previous }), patience);
    await next.close();
    await again.stop();
  });

  it('holds the folder until it has stopped', async () => {
    const dir = newDir();
    const spool = await openSpool(dir);
    const shipping = shipper(spool);
    await spool.close();
    await expect(openSpool(dir)).rejects.toMatchObject({ kind: 'conflict' });
    await shipping.stop();
    await (await openSpool(dir)).close();
  });

  it('keeps everything while Kafka is away, and ships it when Kafka is back', async () => {
    const dir = newDir();
    network.refuse();
    const spool = await openSpool(dir);
    const shipping = shipper(spool);
    await append(spool, 1, 700);
    await vi.waitFor(() => expect(shipping.status().lastError).not.toBeNull(), patience);
    expect(shipping.status().unshippedBytes).toBeGreaterThan(100_000);
    await append(spool, 701, 800);
    expect(received).toEqual([]);
    network.mend();
    await vi.waitFor(() => expect(receivedTags()).toEqual(tags(1, 800)), patience);
    expect(shipping.status().lastError).toBeNull();

    network.refuse();
    await append(spool, 801, 810);
    network.mend();
    await vi.waitFor(() => expect(new Set(receivedTags())).toEqual(new Set(tags(1, 810))), patience);
    await spool.close();
    await shipping.stop();
  });

  it('stops in time while Kafka is away, and the next process sends all of it under its own boot', async () => {
    const dir = newDir();
    network.refuse();
    const first = await openSpool(dir);
    const stuck = shipper(first);
    await append(first, 1, 10);
    await first.close();
    const before = performance.now();
    await stuck.stop(200);
    expect(performance.now() - before).toBeLessThan(2_000);
    network.mend();

    const second = await openSpool(dir);
    await append(second, 11, 12);
    const shipping = shipper(second);
    await vi.waitFor(() => expect(receivedTags()).toEqual(tags(1, 12)), patience);
    expect(received.map((batch) => [batch.producer.boot, batch.first])).toEqual([
      [first.producer.boot, 1],
      [second.producer.boot, 1],
    ]);
    await vi.waitFor(() => expect(segmentFiles(dir)).toHaveLength(1), patience);
    await second.close();
    await shipping.stop();
  });

  it('sends a segment that was shipped in part from its beginning again, with the same numbers', async () => {
    const dir = newDir();
    const first = await openSpool(dir);
    const shipping = shipper(first);
    await append(first, 1, 5);
    await vi.waitFor(() => expect(receivedTags()).toEqual(tags(1, 5)), patience);
    await first.close();
    await shipping.stop();
    const kept = received.length;
    const second = await openSpool(dir);
    const again = shipper(second);
    const bootOfFirst = (batch: ActivityBatch) => batch.producer.boot === first.producer.boot;
    await vi.waitFor(() => expect(received.slice(kept).filter(bootOfFirst)).toHaveLength(1), patience);
    expect(received.slice(kept).find(bootOfFirst)).toMatchObject({ first: 1, frames: expect.any(Array) });
    expect(received.slice(kept).find(bootOfFirst)?.frames).toHaveLength(7);
    await second.close();
    await again.stop();
  });

  it('sets a damaged segment aside, keeps what stands before the damage, and goes on with the next boot', async () => {
    const dir = newDir();
    const first = await openSpool(dir);
    await append(first, 1, 3);
    await first.close();
    const [path = ''] = segmentFiles(dir);
    // Not the last segment of its boot, so that opening doesn't cut it.
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(100, 7)]));
    writeFileSync(
      path.replace(/0{15}1\.seg$/, '0000000000000100.seg'),
      new FrameBuffer().frames(['{"kind":"closed"}']),
    );
    const second = await openSpool(dir);
    const shipping = shipper(second);
    await vi.waitFor(() => expect(received.map((batch) => batch.first)).toEqual([1, 100, 1]), patience);
    expect(receivedTags()).toEqual(tags(1, 3));
    expect(readdirSync(join(dir, 'registry.registry-1')).filter((name) => name.endsWith('.damaged'))).toHaveLength(1);
    await second.close();
    await shipping.stop();
  });
});
