import { AppError } from '@berth/errors';
import { Controller } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTopic, FailingNetwork, testKafka, testTopic, type Thing } from '../kafka/kafka.suite.js';
import { ensureTopics } from '../kafka/ensure-topics.js';
import { Consumes } from './consumes.js';
import type { StateRecord } from './consumed-event.js';
import { Owner, patience, startProcess } from './strategy.suite.js';

type StateTopicOfThings = Awaited<ReturnType<typeof createTopic<'state'>>>;

let owner: Owner;

/** A controller that keeps what it gets, and may be told to fail. */
function follower(topic: StateTopicOfThings) {
  const seen: StateRecord<Thing>[] = [];
  const plan = { fail: (): void => undefined };
  @Controller()
  class Follow {
    @Consumes(topic)
    async follow(records: StateRecord<Thing>[]): Promise<void> {
      plan.fail();
      seen.push(...records);
    }
  }
  const texts = () =>
    seen.map((record) => ('unreadable' in record ? `?${record.key}` : `${record.data.id}${record.data.version}`));
  return { controller: Follow, seen, plan, texts };
}

describe('KafkaStrategy, state topics', () => {
  beforeAll(async () => {
    owner = await Owner.connect();
  });
  afterAll(async () => {
    await owner.disconnect();
  });

  it('gives every process the whole topic from its beginning', async () => {
    const topic = await createTopic('state', 2);
    await owner.publish(topic, [
      { id: 'a', version: 1 },
      { id: 'b', version: 2 },
    ]);
    await owner.publish(topic, [{ id: 'c', version: 3 }], 1);
    const followers = [follower(topic), follower(topic)];
    const service = 'spec-two-replicas';
    await Promise.all(
      followers.map(({ controller }) => startProcess({ controllers: [controller], topics: [topic], service })),
    );
    for (const { texts } of followers) {
      await vi.waitFor(() => expect(texts().sort()).toEqual(['a1', 'b2', 'c3']), patience);
    }
    expect(followers[0]?.seen[0]).toMatchObject({
      topic: topic.name,
      partition: expect.any(Number),
      offset: '0',
      change: expect.any(Number),
      at: expect.any(Date),
    });
  });

  it('gives a record to the handler within some tens of milliseconds', async () => {
    const topic = await createTopic('state');
    const { controller, texts } = follower(topic);
    const { strategy } = await startProcess({ controllers: [controller], topics: [topic] });
    await vi.waitFor(() => expect(strategy.progress(topic.name).caughtUp).toBe(true), patience);
    const tookMs: number[] = [];
    for (let version = 1; version <= 20; version += 1) {
      const before = performance.now();
      await owner.publish(topic, [{ id: 'a', version }]);
      await vi.waitFor(() => expect(texts()).toContain(`a${version}`), { timeout: 5_000, interval: 1 });
      tookMs.push(performance.now() - before);
    }
    expect(tookMs.sort((a, b) => a - b)[10]).toBeLessThan(50);
  });

  it('is caught up once each partition is read to the end of the start, an empty one at once', async () => {
    const topic = await createTopic('state', 3);
    await owner.publish(topic, [{ id: 'a', version: 1 }], 1);
    const { controller, plan, texts } = follower(topic);
    let mayHandle = false;
    plan.fail = () => {
      if (!mayHandle) throw new AppError({ kind: 'unavailable', message: 'the store is away' });
    };
    const { strategy } = await startProcess({ controllers: [controller], topics: [topic] });
    const progress = strategy.progress(topic.name);
    await vi.waitFor(() => expect(strategy.failures()).toHaveLength(1), patience);
    expect(progress).toMatchObject({ caughtUp: false, answered: true });
    mayHandle = true;
    await vi.waitFor(() => expect(progress.caughtUp).toBe(true), patience);
    expect(texts()).toEqual(['a1']);
    expect(strategy.failures()).toEqual([]);
  });

  it('takes heartbeats for itself: they tell the safe change and that the owner speaks', async () => {
    const topic = await createTopic('state', 2);
    let now = 1_000;
    const { controller, seen } = follower(topic);
    const { strategy } = await startProcess({ controllers: [controller], topics: [topic], clock: () => now });
    const progress = strategy.progress(topic.name);
    await vi.waitFor(() => expect(progress.caughtUp).toBe(true), patience);
    expect(progress.safeChange()).toBe(0);
    now = 4_000;
    expect(progress.silentForMs()).toBe(3_000);

    await owner.heartbeat(topic, 7, 0);
    await owner.heartbeat(topic, 9, 1);
    await vi.waitFor(() => expect(progress.safeChange()).toBe(7), patience);
    expect(progress.silentForMs()).toBe(0);
    now = 5_000;
    await owner.heartbeat(topic, 12, 0);
    await vi.waitFor(() => expect(progress.safeChange()).toBe(9), patience);
    expect(progress.silentForMs()).toBe(1_000);
    expect(seen).toEqual([]);
  });

  it('gives an unreadable record as such, and a tombstone not at all', async () => {
    const topic = await createTopic('state');
    await owner.raw(topic, 'gone', null);
    await owner.raw(topic, 'broken', 'no json');
    await owner.publish(topic, [{ id: 'a', version: 1 }]);
    const { controller, seen, texts } = follower(topic);
    await startProcess({ controllers: [controller], topics: [topic] });
    await vi.waitFor(() => expect(texts()).toEqual(['?broken', 'a1']), patience);
    expect(seen[0]).toMatchObject({ unreadable: true, key: 'broken', reason: 'the record is no JSON' });
    expect(seen[0]).toHaveProperty('timestampMs', expect.any(Number));
  });

  it('stops a topic whose record is not handled in 3 tries and names it, while the other topics go on', async () => {
    const [bad, good] = [await createTopic('state'), await createTopic('state')];
    const [first, second] = [follower(bad), follower(good)];
    let tries = 0;
    first.plan.fail = () => {
      tries += 1;
      throw new Error('no room for this one');
    };
    const { strategy } = await startProcess({
      controllers: [first.controller, second.controller],
      topics: [bad, good],
    });
    await owner.publish(bad, [{ id: 'a', version: 1 }]);
    await vi.waitFor(() => expect(strategy.failures()).toHaveLength(1), patience);
    expect(strategy.failures()[0]).toBe(`${bad.name}/0@0: not handled in 3 tries, no room for this one`);
    expect(tries).toBe(3);

    await owner.publish(bad, [{ id: 'b', version: 2 }]);
    await owner.publish(good, [{ id: 'c', version: 3 }]);
    await vi.waitFor(() => expect(second.texts()).toEqual(['c3']), patience);
    expect(tries).toBe(3);
  });

  it('looks silent while a handler is stuck, and vouches for nothing behind the stuck record', async () => {
    const topic = await createTopic('state');
    let now = 1_000;
    const { controller, plan, texts } = follower(topic);
    const { strategy } = await startProcess({ controllers: [controller], topics: [topic], clock: () => now });
    const progress = strategy.progress(topic.name);
    await owner.heartbeat(topic, 1);
    await vi.waitFor(() => expect(progress.safeChange()).toBe(1), patience);
    plan.fail = () => {
      throw new AppError({ kind: 'unavailable', message: 'the store is away' });
    };
    now = 9_000;
    await owner.publish(topic, [{ id: 'a', version: 2 }]);
    await owner.heartbeat(topic, 2);
    await vi.waitFor(() => expect(strategy.failures()).toHaveLength(1), patience);
    expect([progress.safeChange(), progress.silentForMs()]).toEqual([1, 8_000]);
    plan.fail = () => undefined;
    await vi.waitFor(() => expect([progress.safeChange(), progress.silentForMs()]).toEqual([2, 0]), patience);
    expect(texts()).toEqual(['a2']);
  });

  it('does not take a heartbeat of the past for one of now while it still reads on', async () => {
    const topic = await createTopic('state');
    await owner.heartbeat(topic, 5);
    for (let version = 1; version <= 20; version += 1) {
      await owner.publish(topic, [{ id: `${version}`, version, text: 'x'.repeat(200_000) }]);
    }
    const { controller, plan, seen } = follower(topic);
    plan.fail = () => {
      if (seen.length > 0) throw new AppError({ kind: 'unavailable', message: 'the store is away' });
    };
    const { strategy } = await startProcess({ controllers: [controller], topics: [topic] });
    await vi.waitFor(() => expect(strategy.failures()).toHaveLength(1), patience);
    expect(seen.length).toBeGreaterThan(0);
    expect(strategy.progress(topic.name)).toMatchObject({ caughtUp: false });
    expect(strategy.progress(topic.name).safeChange()).toBe(0);
    plan.fail = () => undefined;
    await vi.waitFor(() => expect(strategy.progress(topic.name).caughtUp).toBe(true), patience);
    expect(seen).toHaveLength(20);
  });

  it('begins when the topic is created later, and Nest does not wait for it', async () => {
    const topic = testTopic('state');
    const { controller, texts } = follower(topic);
    const { strategy } = await startProcess({ controllers: [controller], topics: [topic] });
    expect(strategy.progress(topic.name).caughtUp).toBe(false);
    await ensureTopics(testKafka(), [topic], { replicationFactor: 1 });
    await owner.publish(topic, [{ id: 'a', version: 1 }]);
    await vi.waitFor(() => expect(texts()).toEqual(['a1']), patience);
  });

  it('starts without Kafka, says that there was no answer, and goes on when Kafka comes, goes and comes back', async () => {
    const topic = await createTopic('state');
    const network = new FailingNetwork();
    network.refuse();
    const { controller, texts } = follower(topic);
    const { strategy, lines } = await startProcess({
      controllers: [controller],
      topics: [topic],
      kafka: network.kafka(),
    });
    const progress = strategy.progress(topic.name);
    expect(progress).toMatchObject({ caughtUp: false, answered: false });

    network.mend();
    await vi.waitFor(() => expect(progress).toMatchObject({ caughtUp: true, answered: true }), patience);
    await owner.publish(topic, [{ id: 'a', version: 1 }]);
    await vi.waitFor(() => expect(texts()).toContain('a1'), patience);

    const before = lines.length;
    network.refuse();
    await owner.publish(topic, [{ id: 'a', version: 2 }]);
    await vi.waitFor(() => expect(lines.slice(before).join('')).toContain('starting again'), patience);
    expect(texts()).not.toContain('a2');
    network.mend();
    // Far less than the session of the member that was cut off.
    await vi.waitFor(() => expect(texts()).toContain('a2'), { timeout: 10_000, interval: 10 });
    expect(progress.caughtUp).toBe(true);
  });
});
