import { createLogger } from '@berth/telemetry';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Batch } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KafkaConnection } from '../kafka/connection.js';
import { createTopic, FailingNetwork, testKafka } from '../kafka/kafka.suite.js';
import { Owner, patience } from './strategy.suite.js';
import { SupervisedConsumer, type SupervisedConsumerOptions } from './supervised-consumer.js';

let owner: Owner;
let lines: string[] = [];
const running: SupervisedConsumer[] = [];
const groups: string[] = [];
const logger = createLogger({
  service: 'spec',
  instance: '1',
  destination: { write: (line) => void lines.push(line) },
});

interface Reading {
  readonly kafka?: KafkaConnection;
  readonly before?: (offset: number) => Promise<void>;
  readonly options?: Partial<SupervisedConsumerOptions>;
}

/** A consumer of one topic with a short session; returns the offsets as they are handled. */
function read(topic: string, { kafka = testKafka(), before, options }: Reading = {}): number[] {
  const handled: number[] = [];
  const handle = async (batch: Batch) => {
    await before?.(Number(batch.firstOffset()));
    handled.push(...batch.messages.map(({ offset }) => Number(offset)));
    return { handledUpTo: batch.lastOffset(), readOn: true };
  };
  const groupId = randomUUID();
  groups.push(groupId);
  const config = { sessionTimeout: 2_000, heartbeatInterval: 200, maxWaitTimeInMs: 100 };
  const plan = { topics: [topic], groupId: () => groupId, config, commits: true, handle };
  const consumer = new SupervisedConsumer({ kafka, plan, logger, clock: Date.now, ...options });
  running.push(consumer);
  consumer.start();
  return handled;
}

async function membersOf(groupId = ''): Promise<string[]> {
  const admin = testKafka().client.admin();
  await admin.connect();
  const { groups: found } = await admin.describeGroups([groupId]);
  await admin.disconnect();
  return found.flatMap(({ members }) => members.map(({ memberId }) => memberId));
}

describe('SupervisedConsumer', () => {
  beforeAll(async () => {
    owner = await Owner.connect();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((consumer) => consumer.stop()));
    lines = [];
  });
  afterAll(async () => {
    await owner.disconnect();
  });

  it('keeps its place in the group while a batch takes longer than the session', async () => {
    const topic = await createTopic('work');
    const tried: number[] = [];
    const handled = read(topic.name, {
      before: async (offset) => {
        tried.push(offset);
        if (offset === 0) await pause(4_500);
      },
    });
    await owner.publish(topic, [{ id: 'a', version: 1 }]);
    await vi.waitFor(() => expect(tried).toEqual([0]), patience);
    await owner.publish(topic, [{ id: 'a', version: 2 }]);
    await vi.waitFor(() => expect(handled).toEqual([0, 1]), patience);
    expect(tried).toEqual([0, 1]);
  });

  it('is replaced when it shows no sign of life, and goes on where it was', async () => {
    const topic = await createTopic('work');
    const network = new FailingNetwork();
    const handled = read(topic.name, { kafka: network.kafka(), options: { stuckAfterMs: 1_500 } });
    await owner.publish(topic, [{ id: 'a', version: 1 }]);
    await vi.waitFor(() => expect(handled).toEqual([0]), patience);
    network.silence();
    await owner.publish(topic, [{ id: 'a', version: 2 }]);
    await vi.waitFor(() => expect(lines.join('')).toContain('no sign of life for'), patience);
    network.mend();
    await vi.waitFor(() => expect(handled).toEqual([0, 1]), patience);
  });

  it('is not taken for stuck while a batch is handled, whatever Kafka does meanwhile', async () => {
    const topic = await createTopic('work');
    const network = new FailingNetwork();
    const before = async (offset: number) => {
      if (offset > 0) return;
      network.silence();
      await pause(3_000);
      network.mend();
    };
    const handled = read(topic.name, { kafka: network.kafka(), before, options: { stuckAfterMs: 1_000 } });
    await owner.publish(topic, [{ id: 'a', version: 1 }]);
    await vi.waitFor(() => expect(handled).toContain(0), patience);
    await owner.publish(topic, [{ id: 'a', version: 2 }]);
    await vi.waitFor(() => expect(handled).toContain(1), patience);
    expect(lines.join('')).not.toContain('no sign of life');
  });

  it('is replaced when it crashes because Kafka was away for long, and goes on where it was', async () => {
    const topic = await createTopic('work');
    const network = new FailingNetwork();
    const handled = read(topic.name, { kafka: network.kafka() });
    await owner.publish(topic, [{ id: 'a', version: 1 }]);
    await vi.waitFor(() => expect(handled).toEqual([0]), patience);
    const said = lines.length;
    network.refuse();
    await vi.waitFor(() => expect(lines.slice(said).join('')).toContain('starting again'), patience);
    await owner.publish(topic, [{ id: 'a', version: 2 }]);
    network.mend();
    await vi.waitFor(() => expect(handled).toEqual([0, 1]), patience);
  });

  it('goes on when Kafka forgot its group, as after a long pause of the process', async () => {
    const topic = await createTopic('work');
    const network = new FailingNetwork();
    const handled = read(topic.name, { kafka: network.kafka(), options: { stuckAfterMs: 60_000 } });
    await owner.publish(topic, [{ id: 'a', version: 1 }]);
    await vi.waitFor(() => expect(handled).toEqual([0]), patience);
    network.silence();
    await vi.waitFor(async () => expect(await membersOf(groups.at(-1))).toEqual([]), patience);
    network.mend();
    await owner.publish(topic, [{ id: 'a', version: 2 }]);
    await vi.waitFor(() => expect(handled).toContain(1), patience);
  });

  it('stops in time also while there is no Kafka', async () => {
    const network = new FailingNetwork();
    network.refuse();
    read('spec.any.v1', { kafka: network.kafka() });
    await vi.waitFor(() => expect(lines.join('')).toContain('starting again'), patience);
    const before = performance.now();
    await running.at(-1)?.stop();
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
