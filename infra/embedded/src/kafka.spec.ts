import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createKafka } from '@berth/messaging';
import { createLogger } from '@berth/telemetry';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startKafka, type KafkaOptions } from './kafka.js';
import { tempDir } from './temp-dir.suite.js';

async function start(options: KafkaOptions) {
  const server = await startKafka(options);
  onTestFinished(() => server.kill());
  return server;
}

function clientOf(brokers: string) {
  const logger = createLogger({ service: 'spec', instance: '1', level: 'silent' });
  return createKafka({ brokers: [brokers], clientId: 'spec', logger }).client;
}

async function createTopic(brokers: string) {
  const admin = clientOf(brokers).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
}

async function send(brokers: string, value: string) {
  const producer = clientOf(brokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic: 'kept', acks: -1, messages: [{ key: 'a', value }] });
  await producer.disconnect();
}

async function countOf(brokers: string): Promise<string | undefined> {
  const admin = clientOf(brokers).admin();
  await admin.connect();
  const [partition] = await admin.fetchTopicOffsets('kept');
  await admin.disconnect();
  return partition?.high;
}

describe('startKafka', { timeout: 90_000 }, () => {
  it('keeps what was acknowledged over a stop, over kill -9, and over a change of its ports', async () => {
    const dataDir = await tempDir();
    const server = await start({ dataDir, durability: 'durable' });
    await createTopic(server.brokers);
    await send(server.brokers, 'before the stop');
    await server.stop();
    expect(server.pid).toBe(0);
    await server.start();
    await send(server.brokers, 'before the kill');
    await server.kill();
    await server.start();
    expect(await countOf(server.brokers)).toBe('2');
    await server.kill();
    await rm(join(dataDir, 'kafka/ports.json'));
    const elsewhere = await start({ dataDir, durability: 'durable' });
    expect(elsewhere.port).not.toBe(server.port);
    expect(await countOf(elsewhere.brokers)).toBe('2');
    await send(elsewhere.brokers, 'at the new port');
    expect(await countOf(elsewhere.brokers)).toBe('3');
  });

  it('takes its last port again', async () => {
    const dataDir = await tempDir();
    const first = await start({ dataDir, durability: 'throw-away' });
    await first.stop();
    expect((await start({ dataDir, durability: 'throw-away' })).port).toBe(first.port);
  });
});
