import { AppError } from '@berth/errors';
import { Metrics } from '@berth/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { factRecorded, limitRaised, openSpecOutbox, thingChanged, type SpecOutbox } from '../outbox/outbox.suite.js';
import type { OutboxRelay } from './outbox-relay.js';
import { deferred, GatedDatabase, makeRelay, RecordingSender } from './relay.suite.js';

describe('OutboxRelay', () => {
  let spec: SpecOutbox;
  let db: GatedDatabase;
  let producer: RecordingSender;
  let relay: OutboxRelay;

  beforeEach(async () => {
    spec = await openSpecOutbox({ wake: () => relay.wake() });
    db = new GatedDatabase(spec.db);
    producer = new RecordingSender();
    relay = makeRelay(spec, { db, producer });
  });

  afterEach(async () => {
    await relay.stop();
    await spec.drop();
  });

  const unsent = async () =>
    (await spec.db.query<{ n: number }>(`select count(*) as n from outbox where sent_at is null`))[0]?.n;
  const highestChange = async () =>
    (await spec.db.query<{ n: number }>(`select max(change) as n from published_state`))[0]?.n;
  const soon = { timeout: 5_000 };

  it('sends what was committed before it started, urgent rows first', async () => {
    for (let n = 0; n < 5; n += 1) await spec.record(`fact-${n}`);
    await spec.publish('a');
    relay.start();
    await expect.poll(unsent, soon).toBe(0);
    const [first, ...rest] = producer.events();
    expect(first).toMatchObject({ topic: thingChanged.name, key: 'a', change: await highestChange() });
    expect(rest.map(({ topic }) => topic)).toEqual(Array.from({ length: 5 }, () => factRecorded.name));
  });

  it('sends urgent rows between two batches of a bulk backlog', async () => {
    for (let n = 0; n < 3; n += 1) {
      await spec.db.query(
        `insert into outbox (topic, key, source, lane, at, data)
         select $1, n::text, 's', 'bulk', now(), json_build_object('id', n::text, 'text', 'x') from generate_series(1, 500) n`,
        [factRecorded.name],
      );
    }
    let isFirst = true;
    producer.beforeWrite = async ({ topic }) => {
      if (topic !== factRecorded.name || !isFirst) return;
      isFirst = false;
      await spec.publish('urgent');
    };
    relay.start();
    await expect.poll(unsent, soon).toBe(0);
    const place = producer.events().findIndex(({ key }) => key === 'urgent');
    expect(place).toBeLessThanOrEqual(500);
  });

  it('sends a state as soon as it is committed, woken and not by polling', async () => {
    relay.start();
    await expect.poll(() => producer.heartbeats().length, soon).toBeGreaterThan(0);
    const took: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      const sent = deferred();
      producer.afterWrite = ({ messages }) => {
        if (messages.some(({ key }) => key === `k${n}`)) sent.resolve();
      };
      await spec.publish(`k${n}`);
      const committedAt = performance.now();
      await sent.promise;
      took.push(performance.now() - committedAt);
    }
    // Polling alone would take 50 ms in the middle.
    expect(took.toSorted((a, b) => a - b)[4]).toBeLessThan(40);
  });

  it('asks Postgres little while nothing happens', async () => {
    relay.start();
    await expect.poll(() => producer.heartbeats().length, soon).toBeGreaterThan(0);
    const [before, startedAt] = [db.statements, performance.now()];
    const beats = producer.heartbeats().length;
    await expect.poll(() => producer.heartbeats().length, soon).toBeGreaterThan(beats + 3);
    const perSecond = (db.statements - before) / ((performance.now() - startedAt) / 1000);
    expect(perSecond).toBeLessThan(20);
  });

  it('beats in every partition of its state topics, with the highest change that is sent', async () => {
    await spec.publish('a');
    relay.start();
    await expect.poll(() => producer.heartbeats().length, soon).toBe(3);
    const heartbeat = await highestChange();
    expect(producer.heartbeats()).toMatchObject([
      { topic: thingChanged.name, key: 'heartbeat', partition: 0, heartbeat },
      { topic: thingChanged.name, key: 'heartbeat', partition: 1, heartbeat },
      { topic: limitRaised.name, key: 'heartbeat', partition: 0, heartbeat },
    ]);
    expect(producer.log().findIndex(({ key }) => key === 'a')).toBe(0);
  });

  it('falls silent while an urgent row waits, and beats again when it is sent', async () => {
    relay.start();
    await expect.poll(() => producer.heartbeats().length, soon).toBeGreaterThan(0);
    let tries = 0;
    producer.beforeWrite = ({ topic, messages }) => {
      if (topic !== thingChanged.name || messages.some(({ key }) => key === 'heartbeat')) return;
      tries += 1;
      throw new Error('this topic does not take records');
    };
    await spec.publish('stuck');
    await expect.poll(() => tries).toBeGreaterThan(0);
    const beats = producer.heartbeats().length;
    await expect.poll(() => tries, soon).toBeGreaterThan(4);
    expect(producer.heartbeats()).toHaveLength(beats);

    producer.beforeWrite = () => undefined;
    await expect.poll(() => producer.heartbeats().at(-1)?.heartbeat, soon).toBe(await highestChange());
  });

  it('promises no change that is drawn but not committed', async () => {
    await spec.publish('a');
    const committed = await highestChange();
    relay.start();
    await spec.db.transaction(async (tx) => {
      await spec.outbox.publish(tx, thingChanged, { id: 'b', version: 1, note: '' });
      const beats = producer.heartbeats().length;
      await expect.poll(() => producer.heartbeats().length, soon).toBeGreaterThan(beats + 2);
      expect(producer.heartbeats().at(-1)?.heartbeat).toBe(committed);
    });
    await expect.poll(() => producer.heartbeats().at(-1)?.heartbeat, soon).toBeGreaterThan(committed ?? 0);
  });

  it('republishes all state, with its versions and changes, to a cluster that it does not know', async () => {
    for (const key of ['a', 'b', 'a']) await spec.publish(key);
    relay.start();
    await expect.poll(() => producer.heartbeats().length, soon).toBeGreaterThan(0);
    expect(producer.events('cluster-1')).toHaveLength(3);

    producer.cluster = 'cluster-2';
    await expect.poll(() => producer.heartbeats('cluster-2').length, soon).toBeGreaterThan(0);
    const stored = await spec.db.query(`select key, version, change from published_state order by change`);
    expect(producer.events('cluster-2').map(({ key, version, change }) => ({ key, version, change }))).toEqual(stored);
    expect(
      producer
        .log('cluster-2')
        .slice(0, 2)
        .every(({ heartbeat }) => heartbeat === null),
    ).toBe(true);
  });

  it('republishes to another cluster also when that was changed while no relay ran', async () => {
    await spec.publish('a');
    relay.start();
    await expect.poll(unsent, soon).toBe(0);
    await relay.stop();
    producer.cluster = 'cluster-2';
    relay = makeRelay(spec, { db, producer });
    relay.start();
    await expect.poll(() => producer.events('cluster-2').length, soon).toBe(1);
  });

  it('sends nothing twice when it is started again on the same cluster', async () => {
    await spec.publish('a');
    relay.start();
    await expect.poll(unsent, soon).toBe(0);
    await relay.stop();
    relay = makeRelay(spec, { db, producer });
    relay.start();
    await spec.publish('b');
    await expect.poll(() => producer.heartbeats().length, soon).toBeGreaterThan(3);
    expect(producer.events().map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('waits for Kafka for ever, says so, and then goes on', async () => {
    producer.beforeWrite = () => {
      throw new AppError({ kind: 'unavailable', message: 'Kafka does not answer' });
    };
    await spec.publish('a');
    await spec.record('fact');
    relay.start();
    await expect.poll(() => relay.status().lastError, soon).toBe('Kafka does not answer');
    expect(relay.status()).toMatchObject({ holdsLease: true, unsent: 2 });
    expect(relay.status().oldestUnsentMs).toBeGreaterThan(0);
    producer.beforeWrite = () => undefined;
    await expect.poll(unsent, soon).toBe(0);
    await expect.poll(() => relay.status().lastError).toBe(null);
  });

  it('waits for Postgres for ever, says so, and then goes on', async () => {
    db.gate = () => {
      throw new AppError({ kind: 'unavailable', message: 'the database does not answer' });
    };
    await spec.publish('a');
    relay.start();
    await expect.poll(() => relay.status().lastError, soon).toBe('the database does not answer');
    expect(relay.status().holdsLease).toBe(false);
    db.gate = () => undefined;
    await expect.poll(unsent, soon).toBe(0);
    await expect.poll(() => relay.status().lastError).toBe(null);
  });

  it('repeats rows whose mark was lost, with the same event id', async () => {
    producer.afterWrite = ({ topic }) => {
      if (topic !== factRecorded.name) return;
      db.gate = () => {
        db.gate = () => undefined;
        throw new AppError({ kind: 'unavailable', message: 'connection lost' });
      };
      producer.afterWrite = () => undefined;
    };
    await spec.record('fact');
    relay.start();
    await expect.poll(unsent, soon).toBe(0);
    const ids = producer.events().map(({ eventId }) => eventId);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  });

  it('shows in the metrics what waits and who relays', async () => {
    const metrics = new Metrics('policy', 'policy-1');
    await spec.record('fact');
    producer.beforeWrite = () => Promise.reject(new Error('not now'));
    relay = makeRelay(spec, { db, producer, metrics });
    relay.start();
    await expect.poll(() => metrics.text(), soon).toMatch(/^berth_outbox_unsent\{.*\} 1$/m);
    expect(await metrics.text()).toMatch(/^berth_outbox_holds_lease\{.*\} 1$/m);
  });

  it('stops although it never could do anything', async () => {
    db.gate = () => Promise.reject(new Error('never'));
    relay.start();
    await relay.stop();
    expect(relay.status().holdsLease).toBe(false);
  });
});
