import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventProducer } from './event-producer.js';
import { createTopic, FailingNetwork, logger, testKafka, testTopic } from './kafka.suite.js';

const patience = { timeout: 15_000, interval: 20 };
const opened: EventProducer[] = [];

function started(kafka = testKafka()): EventProducer {
  const producer = new EventProducer(kafka, logger);
  opened.push(producer);
  producer.start();
  return producer;
}

async function connected(kafka = testKafka()): Promise<EventProducer> {
  const producer = started(kafka);
  await vi.waitFor(() => expect(producer.isConnected).toBe(true), patience);
  return producer;
}

/** Reads a whole topic as its bare records, in order per partition. */
async function readAll(topic: string, count: number): Promise<{ partition: number; key: string; value: string }[]> {
  const consumer = testKafka().client.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  const records: { partition: number; key: string; value: string }[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      records.push({ partition, key: String(message.key), value: String(message.value) });
    },
  });
  await vi.waitFor(() => expect(records.length).toBeGreaterThanOrEqual(count), patience);
  await consumer.disconnect();
  return records;
}

function message(n: number, more: { partition?: number; bytes?: number } = {}) {
  const { bytes = 0, ...rest } = more;
  return { key: 'k', value: Buffer.from(`${n}${'x'.repeat(bytes)}`), headers: { h: '1' }, ...rest };
}

describe('EventProducer', () => {
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((producer) => producer.stop()));
  });

  it('keeps the order of what is sent one after another, and of the records of a batch', async () => {
    const topic = await createTopic('work');
    const producer = await connected();
    for (let n = 0; n < 30; n += 3) {
      await producer.send({ topic: topic.name, messages: [message(n), message(n + 1), message(n + 2)] });
    }
    const records = await readAll(topic.name, 30);
    expect(records.map(({ value }) => Number(value))).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });

  it('writes to the partition that the message names, and compresses when asked', async () => {
    const topic = await createTopic('work', 3);
    const producer = await connected();
    const messages = [0, 1, 2].map((partition) => message(partition, { partition }));
    await producer.send({ topic: topic.name, messages, gzip: true });
    const records = await readAll(topic.name, 3);
    expect(records.map(({ partition, value }) => [partition, value]).sort()).toEqual([
      [0, '0'],
      [1, '1'],
      [2, '2'],
    ]);
  });

  it('tells the cluster and the number of partitions of a topic', async () => {
    const topic = await createTopic('work', 3);
    const producer = started();
    await expect(producer.clusterId()).resolves.toMatch(/^[\w-]{22}$/);
    await expect(producer.partitionCount(topic.name)).resolves.toBe(3);
  });

  it('refuses at once while it is not connected', async () => {
    const network = new FailingNetwork();
    network.refuse();
    const producer = started(network.kafka());
    const before = performance.now();
    await expect(producer.send({ topic: 'any', messages: [message(1)] })).rejects.toMatchObject({
      kind: 'unavailable',
      retryAfterSeconds: 1,
    });
    expect(performance.now() - before).toBeLessThan(100);
  });

  it('connects by itself when Kafka comes later', async () => {
    const topic = await createTopic('work');
    const network = new FailingNetwork();
    network.refuse();
    const producer = started(network.kafka());
    await expect(producer.send({ topic: topic.name, messages: [message(1)] })).rejects.toThrow('not connected');
    network.mend();
    await vi.waitFor(() => producer.send({ topic: topic.name, messages: [message(2)] }), patience);
    expect((await readAll(topic.name, 1)).map(({ value }) => value)).toEqual(['2']);
  });

  it('goes on by itself after Kafka was away', async () => {
    const topic = await createTopic('work');
    const network = new FailingNetwork();
    const producer = await connected(network.kafka());
    await producer.send({ topic: topic.name, messages: [message(1)] });
    network.refuse();
    await expect(producer.send({ topic: topic.name, messages: [message(2)] })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(producer.isConnected).toBe(false);
    network.mend();
    await vi.waitFor(() => producer.send({ topic: topic.name, messages: [message(3)] }), patience);
    expect((await readAll(topic.name, 2)).map(({ value }) => value)).toContain('3');
  });

  it('gives up after 5 s when Kafka is silent, and a question about the cluster too', async () => {
    const topic = await createTopic('work');
    const network = new FailingNetwork();
    const producer = await connected(network.kafka());
    await producer.send({ topic: topic.name, messages: [message(1)] });
    await producer.clusterId();
    network.silence();
    const before = performance.now();
    const answers = await Promise.allSettled([
      producer.send({ topic: topic.name, messages: [message(2)] }),
      producer.clusterId(),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(performance.now() - before).toBeLessThan(6_000);
    network.mend();
    await vi.waitFor(() => producer.send({ topic: topic.name, messages: [message(3)] }), patience);
  });

  it('says of a batch above the size limit that it is too large, and keeps its connection', async () => {
    const topic = await createTopic('work');
    const producer = await connected();
    await expect(
      producer.send({ topic: topic.name, messages: [message(1, { bytes: 2_000_000 })] }),
    ).rejects.toMatchObject({ kind: 'too-large' });
    await producer.send({ topic: topic.name, messages: [message(2)] });
  });

  it('says of a topic that does not exist that it is unavailable, and keeps its connection', async () => {
    const topic = await createTopic('work');
    const producer = await connected();
    await expect(producer.send({ topic: testTopic('work').name, messages: [message(1)] })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(producer.isConnected).toBe(true);
    await producer.send({ topic: topic.name, messages: [message(2)] });
  });
});
