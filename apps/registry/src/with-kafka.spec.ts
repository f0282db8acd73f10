import { randomUUID } from 'node:crypto';
import {
  definitionChanged,
  installation,
  minimumRaised,
  signingKeyChanged,
  topics,
  type StateTopic,
} from '@berth/contracts';
import { createKafka, encodeEvent, ensureTopics, EventProducer } from '@berth/messaging';
import { createLogger } from '@berth/telemetry';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { definitions, newPlace, TestRegistry, type TestPlace } from './registry.suite.js';
import { codeOf, pullFrom, pushImage } from './sample-content.suite.js';

const name = 'team/app';
const patience = { timeout: 20_000, interval: 50 };
const logger = createLogger({ service: 'registry', instance: 'spec', level: 'silent' });
const brokers = inject('kafkaBrokers').split(',');
const instance = `registry-${randomUUID().slice(0, 8)}`;
let place: TestPlace;
let registry: TestRegistry;
let producer: EventProducer;

beforeAll(async () => {
  const kafka = createKafka({ brokers, clientId: 'registry-spec', logger });
  await ensureTopics(kafka, topics, { replicationFactor: 1 });
  producer = new EventProducer(kafka, logger);
  producer.start();
  await vi.waitFor(() => expect(producer.isConnected).toBe(true), patience);
  place = await newPlace();
  registry = await TestRegistry.start(place, { instance, kafkaBrokers: brokers });
});

afterAll(async () => {
  await registry.stop();
  await producer.stop();
  await place.remove();
});

/** As the owner's relay sends it. */
async function publish<Data extends { version: number }>(topic: StateTopic<Data>, data: Data): Promise<void> {
  const source = `berth/${topic.producer}/spec`;
  const message = encodeEvent(topic, { data, source, id: randomUUID(), at: new Date(), change: data.version });
  await producer.send({ topic: topic.name, messages: [message] });
}

describe('a registry with Kafka', () => {
  it('serves once it has read definitions and keys there', async () => {
    for (const definition of definitions) await publish(definitionChanged, definition);
    await publish(signingKeyChanged, place.identity.record);
    await vi.waitFor(async () => expect((await registry.ask('GET', '/v2/')).status).toBe(200), patience);
    expect((await fetch(`${registry.url}/health/ready`)).status).toBe(200);
    const { digest } = await pushImage(registry, name, { tag: 'v1', text: 'hello' });
    const answer = await registry.ask('HEAD', `/v2/${name}/manifests/v1`, pullFrom(name));
    expect(answer.headers.get('docker-content-digest')).toBe(digest);
  });

  it('refuses older tokens within a second of a minimum', async () => {
    const subject = `scope-map:${randomUUID()}`;
    const token = place.identity.token({ [name]: ['pull'] }, { ver: { [subject]: 4 } });
    const ask = () => registry.ask('GET', `/v2/${name}/manifests/v1`, { token });
    expect((await ask()).status).toBe(200);
    const raisedAt = new Date().toISOString();
    await publish(minimumRaised, { subject, account: installation.accountId, version: 5, raisedAt });
    await vi.waitFor(async () => expect((await ask()).status).toBe(401), { timeout: 1000, interval: 20 });
    expect(await codeOf(await ask())).toBe('UNAUTHORIZED');
  });

  it('ships its records and its changes to Kafka', async () => {
    await vi.waitFor(async () => {
      expect(await registry.db.query('select 1 from outbox where sent_at is null')).toEqual([]);
      const metrics = await (await fetch(`${registry.url}/metrics`)).text();
      expect(metrics).toMatch(/^berth_spool_unshipped_bytes\{[^}]*\} 0$/m);
      expect(metrics).toMatch(/^berth_registry_events_total\{event="check"[^}]*\} 1$/m);
    }, patience);
  });
});
