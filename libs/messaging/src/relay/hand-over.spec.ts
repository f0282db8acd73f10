import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpecOutbox, thingChanged, type SpecOutbox } from '../outbox/outbox.suite.js';
import type { OutboxRelay } from './outbox-relay.js';
import { deferred, GatedDatabase, makeRelay, RecordingSender } from './relay.suite.js';

describe('hand-over of the relay', () => {
  let spec: SpecOutbox;
  let kafka: RecordingSender['clusters'];
  let relays: OutboxRelay[];

  beforeEach(async () => {
    spec = await openSpecOutbox();
    kafka = new Map();
    relays = [];
  });

  afterEach(async () => {
    await Promise.all(relays.map((relay) => relay.stop()));
    await spec.drop();
  });

  /** One process of the service: its relay, its way to Postgres and its way to the one Kafka. */
  function startProcess(instance: string) {
    const producer = new RecordingSender(kafka);
    const db = new GatedDatabase(spec.db);
    const relay = makeRelay(spec, { db, producer, instance });
    relays.push(relay);
    relay.start();
    return { producer, db, relay };
  }

  const log = () => (kafka.get('cluster-1') ?? []).filter(({ heartbeat }) => heartbeat === null);
  const lastOf = (key: string) => log().findLast((record) => record.key === key);
  const unsent = async () =>
    (await spec.db.query<{ n: number }>(`select count(*) as n from outbox where sent_at is null`))[0]?.n;
  const epoch = async () => (await spec.db.query<{ epoch: number }>(`select epoch from relay_lease`))[0]?.epoch;
  const stateOf = async (key: string) =>
    (await spec.db.query<{ version: number }>(`select version from published_state where key = $1`, [key]))[0];
  const soon = { timeout: 8_000 };

  it('lets one process relay while another waits, and hands over at once when it stops', async () => {
    const first = startProcess('policy-1');
    await expect.poll(() => first.relay.status().holdsLease).toBe(true);
    const second = startProcess('policy-2');
    await spec.publish('a');
    await expect.poll(unsent).toBe(0);
    expect(second.relay.status().holdsLease).toBe(false);
    expect([first.producer.batches.length > 0, second.producer.batches.length]).toEqual([true, 0]);

    await first.relay.stop();
    expect(first.relay.status().holdsLease).toBe(false);
    await expect.poll(() => second.relay.status().holdsLease).toBe(true);
    await spec.publish('b');
    await expect.poll(() => lastOf('b')).toBeDefined();
    expect(await epoch()).toBe(2);
  });

  it('gives the lease of a process that stalls to another, which sends all that was not marked', async () => {
    const stalled = startProcess('policy-1');
    await spec.publish('a');
    await expect.poll(unsent).toBe(0);
    const forEver = deferred();
    stalled.db.gate = () => forEver.promise;
    stalled.producer.beforeWrite = () => forEver.promise;
    for (let n = 0; n < 20; n += 1) await Promise.all([spec.publish(`late-${n}`), spec.record(`fact-${n}`)]);

    startProcess('policy-2');
    await expect.poll(unsent, soon).toBe(0);
    expect(await epoch()).toBe(2);
    const sent = new Set(log().map(({ eventId }) => eventId));
    const stored = await spec.db.query<{ event_id: string }>(`select event_id from outbox`);
    expect(stored.filter(({ event_id }) => !sent.has(event_id))).toEqual([]);
    forEver.reject(new Error('the process is gone'));
  });

  it('lets a process that wakes up from a stall send nothing more, and mark nothing', async () => {
    const stalled = startProcess('policy-1');
    await expect.poll(() => stalled.relay.status().holdsLease).toBe(true);
    const wakeUp = deferred();
    // It stalls between finding rows and sending them.
    const found = deferred();
    stalled.producer.beforeWrite = () => {
      found.resolve();
      return wakeUp.promise;
    };
    stalled.db.gate = () => undefined;
    await spec.publish('first');
    await found.promise;
    stalled.db.gate = () => wakeUp.promise;
    await spec.publish('second');

    const other = startProcess('policy-2');
    await expect.poll(unsent, soon).toBe(0);
    const batchesBefore = stalled.producer.batches.length;
    wakeUp.resolve();
    // The send under way still ends; nothing else is sent by it, neither rows nor heartbeats.
    await expect.poll(() => stalled.producer.batches.length).toBe(batchesBefore + 1);
    await spec.publish('third');
    await expect.poll(() => other.producer.events().some(({ key }) => key === 'third')).toBe(true);
    await expect.poll(unsent).toBe(0);
    expect(stalled.producer.batches).toHaveLength(batchesBefore + 1);
    expect(stalled.relay.status().holdsLease).toBe(false);
  });

  it('leaves the newest state last, although an older one of a stalled process arrives behind it', async () => {
    const stalled = startProcess('policy-1');
    await expect.poll(() => stalled.relay.status().holdsLease).toBe(true);
    const wakeUp = deferred();
    const found = deferred();
    stalled.producer.beforeWrite = ({ messages }) => {
      if (messages.every(({ key }) => key !== 'k')) return undefined;
      found.resolve();
      stalled.db.gate = () => wakeUp.promise;
      return wakeUp.promise;
    };
    await spec.publish('k', 'older');
    await found.promise;
    startProcess('policy-2');
    await expect.poll(unsent, soon).toBe(0);
    await spec.publish('k', 'newer');
    await expect.poll(unsent).toBe(0);
    const newest = await stateOf('k');
    expect(lastOf('k')?.version).toBe(newest?.version);

    const written = log().length;
    wakeUp.resolve();
    await expect.poll(() => log().length).toBeGreaterThan(written + 1);
    await expect.poll(unsent).toBe(0);
    expect(lastOf('k')?.version).toBe(newest?.version);
  });

  it('repeats and does not lose what was sent by a process that dies before it marks', async () => {
    const dying = startProcess('policy-1');
    await expect.poll(() => dying.relay.status().holdsLease).toBe(true);
    const forEver = deferred();
    dying.producer.afterWrite = ({ topic, messages }) => {
      if (topic !== thingChanged.name || messages.every(({ key }) => key !== 'a')) return undefined;
      dying.db.gate = () => forEver.promise;
      return forEver.promise;
    };
    await spec.publish('a');
    await expect.poll(() => log().length).toBe(1);
    expect(await unsent()).toBe(1);

    startProcess('policy-2');
    await expect.poll(unsent, soon).toBe(0);
    const ids = log().map(({ eventId }) => eventId);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
    forEver.reject(new Error('the process is gone'));
  });

  it('gives way to another process when it cannot reach Kafka for 10 s', async () => {
    let skewMs = 0;
    const producer = new RecordingSender(kafka);
    producer.beforeWrite = () => Promise.reject(new Error('no way to Kafka from here'));
    const cutOff = makeRelay(spec, { producer, monotonicMs: () => performance.now() + skewMs });
    relays.push(cutOff);
    cutOff.start();
    await spec.publish('a');
    await expect.poll(() => cutOff.status().lastError).toBe('no way to Kafka from here');
    startProcess('policy-2');
    expect(await unsent()).toBe(1);
    skewMs = 10_000;
    await expect.poll(unsent, soon).toBe(0);
  });
});
