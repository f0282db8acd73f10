import { randomUUID } from 'node:crypto';
import { activityTopics, changeTopics, topics, type EntryDraft } from '@berth/contracts';
import { createKafka, encodeEvent, ensureTopics, EventProducer } from '@berth/messaging';
import { Database } from '@berth/persistence';
import { createLogger } from '@berth/telemetry';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { entryOf, startAudit, tokenOf, type AuditUnderTest } from './audit.suite.js';

const logger = createLogger({ service: 'audit', instance: 'spec', level: 'silent' });
const kafka = createKafka({ brokers: inject('kafkaBrokers').split(','), clientId: 'audit-spec', logger });
const producer = new EventProducer(kafka, logger);
let audit: AuditUnderTest;

beforeAll(async () => {
  await ensureTopics(kafka, topics, { replicationFactor: 1 });
  audit = await startAudit();
  await audit.app.startAllMicroservices();
  producer.start();
  await vi.waitFor(() => expect(producer.isConnected).toBe(true), { timeout: 10_000 });
});

afterAll(async () => {
  await producer.stop();
  await audit.stop();
});

const source = 'berth/registry/registry-1';
const at = new Date('2026-01-02T03:04:05.678Z');

describe('audit', () => {
  it('stores what comes from Kafka once, though the producer sends it twice', async () => {
    const account = randomUUID();
    const boot = randomUUID();
    const id = randomUUID();
    const pull = { kind: 'entry', entry: entryOf({ account }) } as const;
    const batch = {
      producer: { service: 'registry', instance: 'registry-1', boot },
      first: 1,
      frames: [{ kind: 'opened', previous: null } as const, pull, pull],
    } as const;
    const pushed = entryOf({ account, event: 'manifest-pushed', action: 'content/write' });
    for (let times = 0; times < 2; times += 1) {
      const activity = encodeEvent(activityTopics.registry, {
        data: { ...batch, frames: [...batch.frames] },
        source,
        id: randomUUID(),
        at,
      });
      const change = encodeEvent(changeTopics.registry, { data: pushed, source, id, at });
      await producer.send({ topic: activityTopics.registry.name, messages: [activity], gzip: true });
      await producer.send({ topic: changeTopics.registry.name, messages: [change] });
    }
    const last = encodeEvent(changeTopics.registry, {
      data: entryOf({ account, event: 'deleted' }),
      source,
      id: randomUUID(),
      at,
    });
    await producer.send({ topic: changeTopics.registry.name, messages: [last] });
    const stored = () =>
      audit.app.get(Database).query<{ body: EntryDraft }>('select body from entry where account = $1', [account]);
    await vi.waitFor(async () => expect(await stored()).toHaveLength(4), { timeout: 20_000, interval: 50 });
    const events = (await stored()).map(({ body }) => body.event);
    expect(events.toSorted()).toEqual(['deleted', 'manifest-pushed', 'pull', 'pull']);
  });

  it('has its own refusals in its log', async () => {
    const ref = `user:${randomUUID()}`;
    await audit.get('/api/v1/audit/entries', tokenOf({ sub: ref, name: 'eve' }));
    await vi.waitFor(
      async () => {
        const { json } = await audit.get(`/api/v1/audit/entries?actor=${ref}`);
        expect(json).toMatchObject({ items: [{ event: 'refused', action: 'audit/read', service: 'audit' }] });
      },
      { timeout: 20_000, interval: 50 },
    );
  });
});
