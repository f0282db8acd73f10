import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeEvent } from '../envelope/event-envelope.js';
import { ensureTopics } from '../kafka/ensure-topics.js';
import { EventProducer } from '../kafka/event-producer.js';
import { FailingNetwork, logger, testKafka } from '../kafka/kafka.suite.js';
import { factRecorded, limitRaised, openSpecOutbox, thingChanged, type SpecOutbox } from '../outbox/outbox.suite.js';
import { heartbeatHeader } from './heartbeat.js';
import type { OutboxRelay } from './outbox-relay.js';
import { makeRelay } from './relay.suite.js';

interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly heartbeat: number | null;
  readonly value: Buffer | null;
}

describe('OutboxRelay on Kafka', () => {
  let spec: SpecOutbox;
  let network: FailingNetwork;
  let producer: EventProducer;
  let relay: OutboxRelay;
  let consumer: Consumer;
  let records: ReadRecord[];

  beforeEach(async () => {
    spec = await openSpecOutbox({ wake: () => relay.wake() });
    const topics = [thingChanged, limitRaised, factRecorded];
    await ensureTopics(testKafka(), topics, { replicationFactor: 1 });
    network = new FailingNetwork();
    producer = new EventProducer(network.kafka(), logger);
    producer.start();
    relay = makeRelay(spec, { producer });
    relay.start();
    records = [];
    consumer = testKafka().client.consumer({ groupId: randomUUID() });
    await consumer.connect();
    await consumer.subscribe({ topics: topics.map(({ name }) => name), fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic, partition, message: { key, value, headers } }) => {
        const heartbeat = headers?.[heartbeatHeader];
        records.push({
          topic,
          partition,
          key: String(key),
          value,
          heartbeat: heartbeat === undefined ? null : Number(String(heartbeat)),
        });
      },
    });
  });

  afterEach(async () => {
    await consumer.disconnect();
    await relay.stop();
    await producer.stop();
    await spec.drop();
  });

  const soon = { timeout: 15_000 };
  const unsent = async () =>
    (await spec.db.query<{ n: number }>(`select count(*) as n from outbox where sent_at is null`))[0]?.n;
  const storedIds = async () =>
    (await spec.db.query<{ event_id: string }>(`select event_id from outbox`)).map(({ event_id }) => event_id);
  const highestChange = async () =>
    (await spec.db.query<{ n: number }>(`select max(change) as n from published_state`))[0]?.n ?? 0;
  const eventsOf = (topic: typeof thingChanged | typeof factRecorded) =>
    records
      .filter((record) => record.topic === topic.name && record.heartbeat === null)
      .map(({ key, partition, value }) => ({ key, partition, ...decodeEvent<object>(topic, { value }) }));

  it('brings each event to its topic as a readable record, and a heartbeat behind it into every partition', async () => {
    for (let n = 0; n < 30; n += 1) await spec.publish(`thing-${n % 10}`);
    for (let n = 0; n < 20; n += 1) await spec.record(`fact-${n}`);
    await expect.poll(unsent, soon).toBe(0);
    const highest = await highestChange();
    const beaten = () =>
      records.filter(({ heartbeat }) => heartbeat === highest).map(({ topic, partition }) => `${topic}/${partition}`);
    await expect
      .poll(() => new Set(beaten()), soon)
      .toEqual(new Set([`${thingChanged.name}/0`, `${thingChanged.name}/1`, `${limitRaised.name}/0`]));
    await expect.poll(() => eventsOf(factRecorded), soon).toHaveLength(20);

    const things = eventsOf(thingChanged);
    expect(new Set([...things, ...eventsOf(factRecorded)].map(({ id }) => id))).toEqual(new Set(await storedIds()));
    expect(new Set(things.map(({ partition }) => partition)).size).toBe(2);
    for (const key of new Set(things.map((thing) => thing.key))) {
      const changes = things.filter((thing) => thing.key === key).map(({ change }) => change ?? 0);
      expect(changes).toEqual(changes.toSorted((a, b) => a - b));
    }
    const firstBeat = records.findIndex(({ heartbeat }) => heartbeat === highest);
    const partition = records[firstBeat]?.partition;
    const behind = records
      .slice(firstBeat)
      .filter((r) => r.topic === records[firstBeat]?.topic && r.partition === partition);
    expect(behind.filter(({ heartbeat }) => heartbeat === null)).toEqual([]);
  });

  it('loses nothing that is committed while Kafka is away', async () => {
    await spec.publish('before');
    await expect.poll(unsent, soon).toBe(0);
    network.refuse();
    for (let n = 0; n < 10; n += 1) await Promise.all([spec.publish(`away-${n}`), spec.record(`fact-${n}`)]);
    await expect.poll(() => relay.status().lastError, soon).not.toBe(null);
    expect(await unsent()).toBe(20);
    network.mend();
    await expect.poll(unsent, soon).toBe(0);
    const stored = await storedIds();
    const read = () => new Set([...eventsOf(thingChanged), ...eventsOf(factRecorded)].map(({ id }) => id));
    await expect.poll(() => stored.filter((id) => !read().has(id)), soon).toEqual([]);
  });
});
