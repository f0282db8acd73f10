import { AppError } from '@berth/errors';
import { Controller } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTopic, FailingNetwork, testKafka, type Thing } from '../kafka/kafka.suite.js';
import { Consumes } from './consumes.js';
import type { ConsumedEvent } from './consumed-event.js';
import { Owner, patience, startProcess } from './strategy.suite.js';

type WorkTopicOfThings = Awaited<ReturnType<typeof createTopic<'work'>>>;

let owner: Owner;

function worker(topic: WorkTopicOfThings) {
  const done: number[] = [];
  const plan: { before: (versions: number[]) => Promise<void> } = { before: async () => undefined };
  @Controller()
  class Work {
    @Consumes(topic)
    async work(events: ConsumedEvent<Thing>[]): Promise<void> {
      const versions = events.map(({ data }) => data.version);
      await plan.before(versions);
      done.push(...versions);
    }
  }
  return { controller: Work, done, plan };
}

function things(from: number, to: number): Thing[] {
  return Array.from({ length: to - from + 1 }, (_, n) => ({ id: 'a', version: from + n }));
}

async function committed(service: string, topic: string): Promise<number> {
  const admin = testKafka().client.admin();
  await admin.connect();
  const offsets = await admin.fetchOffsets({ groupId: service, topics: [topic] });
  await admin.disconnect();
  return Number(offsets[0]?.partitions[0]?.offset ?? -1);
}

describe('KafkaStrategy, work topics', () => {
  beforeAll(async () => {
    owner = await Owner.connect();
  });
  afterAll(async () => {
    await owner.disconnect();
  });

  it('gives each record to one process of the service, from the beginning of the topic', async () => {
    const topic = await createTopic('work', 2);
    await owner.publish(topic, things(1, 3), 0);
    await owner.publish(topic, things(4, 6), 1);
    const service = `spec-${randomUUID()}`;
    const workers = [worker(topic), worker(topic)];
    await Promise.all(
      workers.map(({ controller }) => startProcess({ controllers: [controller], topics: [topic], service })),
    );
    await vi.waitFor(
      () => expect(new Set(workers.flatMap(({ done }) => done))).toEqual(new Set([1, 2, 3, 4, 5, 6])),
      patience,
    );
    await owner.publish(topic, things(7, 7), 0);
    await owner.publish(topic, things(8, 8), 1);
    await vi.waitFor(() => {
      const all = workers.flatMap(({ done }) => done);
      expect(all.filter((version) => version > 6).sort()).toEqual([7, 8]);
    }, patience);
  });

  it('commits an offset only after the handler has resolved, and goes on behind it in the next process', async () => {
    const topic = await createTopic('work');
    const service = `spec-${randomUUID()}`;
    const first = worker(topic);
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    first.plan.before = async () => {
      reached.resolve();
      await gate.promise;
    };
    const process = await startProcess({ controllers: [first.controller], topics: [topic], service });
    await owner.publish(topic, things(1, 2));
    await reached.promise;
    expect(await committed(service, topic.name)).toBe(-1);
    gate.resolve();
    await vi.waitFor(async () => expect(await committed(service, topic.name)).toBe(2), patience);
    await process.stop();

    await owner.publish(topic, things(3, 3));
    const second = worker(topic);
    await startProcess({ controllers: [second.controller], topics: [topic], service });
    await vi.waitFor(() => expect(second.done).toEqual([3]), patience);
  });

  it('gives the same records again while what the handler needs is unavailable, for longer than 3 tries', async () => {
    const topic = await createTopic('work');
    const { controller, done, plan } = worker(topic);
    const tried: number[][] = [];
    plan.before = async (versions) => {
      tried.push(versions);
      if (tried.length < 6) throw new AppError({ kind: 'unavailable', message: 'the database is away' });
    };
    const { strategy } = await startProcess({ controllers: [controller], topics: [topic] });
    await owner.publish(topic, things(1, 2));
    await vi.waitFor(() => expect(strategy.failures()[0]).toMatch(/@0..1: waiting, the database is away/), patience);
    await vi.waitFor(() => expect(done).toEqual([1, 2]), patience);
    expect(tried).toEqual(Array.from({ length: 6 }, () => [1, 2]));
    expect(strategy.failures()).toEqual([]);
  });

  it('stops at a record that is not handled, commits nothing of it, and gives it to the next process', async () => {
    const topic = await createTopic('work');
    const service = `spec-${randomUUID()}`;
    const first = worker(topic);
    first.plan.before = async ([version]) => {
      if (version === 2) throw new Error('a bug');
    };
    const process = await startProcess({ controllers: [first.controller], topics: [topic], service });
    await owner.publish(topic, things(1, 1));
    await vi.waitFor(() => expect(first.done).toEqual([1]), patience);
    await owner.publish(topic, things(2, 3));
    await vi.waitFor(
      () => expect(process.strategy.failures()[0]).toMatch(/\/0@1..2: not handled in 3 tries, a bug/),
      patience,
    );
    await process.stop();
    const second = worker(topic);
    await startProcess({ controllers: [second.controller], topics: [topic], service });
    await vi.waitFor(() => expect(second.done).toEqual([2, 3]), patience);
  });

  it('handles what stands before an unreadable record and stops exactly there', async () => {
    const topic = await createTopic('work');
    await owner.publish(topic, things(1, 2));
    await owner.raw(topic, 'a', '{}');
    await owner.publish(topic, things(4, 4));
    const service = `spec-${randomUUID()}`;
    const { controller, done } = worker(topic);
    const { strategy } = await startProcess({ controllers: [controller], topics: [topic], service });
    await vi.waitFor(() => expect(strategy.failures()[0]).toMatch(/\/0@2: can't be read, envelope: /), patience);
    expect(done).toEqual([1, 2]);
    await vi.waitFor(async () => expect(await committed(service, topic.name)).toBe(2), patience);
  });

  it('calls two methods of one topic one after another, and both again when one throws', async () => {
    const topic = await createTopic('work');
    const calls: string[] = [];
    @Controller()
    class Two {
      @Consumes(topic)
      async one(): Promise<void> {
        calls.push('one');
      }
      @Consumes(topic)
      async two(): Promise<void> {
        calls.push('two');
        if (calls.length < 4) throw new Error('once');
      }
    }
    const { strategy } = await startProcess({ controllers: [Two], topics: [topic] });
    await owner.publish(topic, things(1, 1));
    await vi.waitFor(() => expect(calls).toEqual(['one', 'two', 'one', 'two']), patience);
    expect(strategy.failures()).toEqual([]);
  });

  it('gives the records of several topics to the one method that names them', async () => {
    const topics = [await createTopic('work'), await createTopic('work')] as const;
    const seen = new Map<string, number[]>();
    @Controller()
    class Both {
      @Consumes(...topics)
      async both(events: ConsumedEvent<Thing>[]): Promise<void> {
        for (const { topic, data } of events) seen.set(topic, [...(seen.get(topic) ?? []), data.version]);
      }
    }
    await startProcess({ controllers: [Both], topics });
    await owner.publish(topics[0], things(1, 2));
    await owner.publish(topics[1], things(3, 4));
    await vi.waitFor(
      () =>
        expect([seen.get(topics[0].name), seen.get(topics[1].name)]).toEqual([
          [1, 2],
          [3, 4],
        ]),
      patience,
    );
  });

  it('goes on by itself after Kafka was away or silent', async () => {
    const topic = await createTopic('work');
    const network = new FailingNetwork();
    const { controller, done } = worker(topic);
    await startProcess({ controllers: [controller], topics: [topic], kafka: network.kafka() });
    await owner.publish(topic, things(1, 1));
    await vi.waitFor(() => expect(done).toEqual([1]), patience);
    network.refuse();
    await owner.publish(topic, things(2, 2));
    network.mend();
    await vi.waitFor(() => expect(done).toContain(2), patience);
    network.silence();
    await owner.publish(topic, things(3, 3));
    network.mend();
    await vi.waitFor(() => expect(done).toContain(3), patience);
  });

  it('refuses a consumer that Nest would hide the errors of, and a topic that it was not given', async () => {
    const topic = await createTopic('work');
    @Controller()
    class Bare {
      @EventPattern<string>(topic.name)
      async bare(): Promise<void> {}
    }
    await expect(startProcess({ controllers: [Bare], topics: [topic] })).rejects.toThrow(/@Consumes/);
    await expect(startProcess({ controllers: [worker(topic).controller], topics: [] })).rejects.toThrow(/no topic/);
  });
});
