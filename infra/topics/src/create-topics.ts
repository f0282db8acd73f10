import { topics } from '@berth/contracts';
import { errorMessage } from '@berth/errors';
import { createKafka, ensureTopics, type KafkaConnection } from '@berth/messaging';
import { createLogger } from '@berth/telemetry';
import { setTimeout as pause } from 'node:timers/promises';
import { topicsConfig } from './config.js';

/*
 * The program `create-topics`: creates the topics of the platform that don't exist yet, prints one line and ends with 0;
 * waits up to 30 s for a broker that is still starting, then says what is wrong and ends with 1.
 */

const patienceMs = 30_000;

async function createWhenReady(kafka: KafkaConnection, replicationFactor: number): Promise<string[]> {
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    try {
      return await ensureTopics(kafka, topics, { replicationFactor });
    } catch (e) {
      if (Date.now() > deadlineMs) throw e;
      await pause(250);
    }
  }
}

async function main(): Promise<void> {
  // eslint-disable-next-line n/no-process-env -- the only place of this program that reads its environment
  const config = topicsConfig(process.env);
  const logger = createLogger({ service: 'topics', instance: 'create', level: 'silent' });
  const kafka = createKafka({ brokers: config.brokers, clientId: 'create-topics', logger });
  const created = await createWhenReady(kafka, config.replicationFactor);
  console.log(`${topics.length} topics, ${created.length} of them new`);
}

try {
  await main();
} catch (e) {
  console.error(`The topics could not be created: ${errorMessage(e)}`);
  process.exitCode = 1;
}
