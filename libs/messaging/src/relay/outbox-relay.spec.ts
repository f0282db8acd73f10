import { AppError } from '@berth/errors';
import { Metrics } from '@berth/telemetry';
import { describe, test } from 'vitest';
import { factRecorded, limitRaised, thingChanged } from '../outbox/outbox.suite.js';
import { deferred, RelayRig } from './relay.suite.js';

const it = test.extend('rig', async ({}, { onCleanup }) => {
  const rig = await RelayRig.open();
  onCleanup(() => rig.close());
  return rig;
});

describe('OutboxRelay', () => {
  const soon = { timeout: 10_000 };

  it.concurrent('sends what was committed before it started, urgent rows first', async ({ rig, expect }) => {
    for (let n = 0; n < 5; n += 1) await rig.spec.record(`fact-${n}`);
    await rig.spec.publish('a');
    rig.relay.start();
    await expect.poll(rig.unsent, soon).toBe(0);
    const [first, ...rest] = rig.producer.events();
    expect(first).toMatchObject({ topic: thingChanged.name, key: 'a', change: await rig.highestChange() });
    expect(rest.map(({ topic }) => topic)).toEqual(Array.from({ length: 5 }, () => factRecorded.name));
  });

  it.concurrent('sends urgent rows between two batches of a bulk backlog', async ({ rig, expect }) => {
    for (let n = 0; n < 3; n += 1) {
      await rig.spec.db.query(
        `insert into outbox (topic, key, source, lane, at, data)
         select $1, n::text, 's', 'bulk', now(), json_build_object('id', n::text, 'text', 'x') from generate_series(1, 500) n`,
        [factRecorded.name],
      );
    }
    let isFirst = true;
    rig.producer.beforeWrite = async ({ topic }) => {
      if (topic !== factRecorded.name || !isFirst) return;
      isFirst = false;
      await rig.spec.publish('urgent');
    };
    rig.relay.start();
    await expect.poll(rig.unsent, soon).toBe(0);
    const place = rig.producer.events().findIndex(({ key }) => key === 'urgent');
    expect(place).toBeLessThanOrEqual(500);
  });

  it('sends a state as soon as it is committed, woken and not by polling', async ({ rig, expect }) => {
    rig.relay.start();
    await expect.poll(() => rig.producer.heartbeats().length, soon).toBeGreaterThan(0);
    const took: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      const sent = deferred();
      rig.producer.afterWrite = ({ messages }) => {
        if (messages.some(({ key }) => key === `k${n}`)) sent.resolve();
      };
      await rig.spec.publish(`k${n}`);
      const committedAt = performance.now();
      await sent.promise;
      took.push(performance.now() - committedAt);
    }
    // Polling alone would take 50 ms in the middle.
    expect(took.toSorted((a, b) => a - b)[4]).toBeLessThan(40);
  });

  it('asks Postgres little while nothing happens', async ({ rig, expect }) => {
    rig.relay.start();
    await expect.poll(() => rig.producer.heartbeats().length, soon).toBeGreaterThan(0);
    const [before, startedAt] = [rig.db.statements, performance.now()];
    const beats = rig.producer.heartbeats().length;
    await expect.poll(() => rig.producer.heartbeats().length, soon).toBeGreaterThan(beats + 3);
    const perSecond = (rig.db.statements - before) / ((performance.now() - startedAt) / 1000);
    expect(perSecond).toBeLessThan(20);
  });

  it.concurrent(
    'beats in every partition of its state topics, with the highest change that is sent',
    async ({ rig, expect }) => {
      await rig.spec.publish('a');
      rig.relay.start();
      await expect.poll(() => rig.producer.heartbeats().length, soon).toBe(3);
      const heartbeat = await rig.highestChange();
      expect(rig.producer.heartbeats()).toMatchObject([
        { topic: thingChanged.name, key: 'heartbeat', partition: 0, heartbeat },
        { topic: thingChanged.name, key: 'heartbeat', partition: 1, heartbeat },
        { topic: limitRaised.name, key: 'heartbeat', partition: 0, heartbeat },
      ]);
      expect(rig.producer.log().findIndex(({ key }) => key === 'a')).toBe(0);
    },
  );

  it.concurrent('falls silent while an urgent row waits, and beats again when it is sent', async ({ rig, expect }) => {
    rig.relay.start();
    await expect.poll(() => rig.producer.heartbeats().length, soon).toBeGreaterThan(0);
    let tries = 0;
    rig.producer.beforeWrite = ({ topic, messages }) => {
      if (topic !== thingChanged.name || messages.some(({ key }) => key === 'heartbeat')) return;
      tries += 1;
      throw new Error('this topic does not take records');
    };
    await rig.spec.publish('stuck');
    await expect.poll(() => tries, soon).toBeGreaterThan(0);
    const beats = rig.producer.heartbeats().length;
    await expect.poll(() => tries, soon).toBeGreaterThan(4);
    expect(rig.producer.heartbeats()).toHaveLength(beats);

    rig.producer.beforeWrite = () => undefined;
    await expect.poll(() => rig.producer.heartbeats().at(-1)?.heartbeat, soon).toBe(await rig.highestChange());
  });

  it.concurrent('promises no change that is drawn but not committed', async ({ rig, expect }) => {
    await rig.spec.publish('a');
    const committed = await rig.highestChange();
    rig.relay.start();
    await rig.spec.db.transaction(async (tx) => {
      await rig.spec.outbox.publish(tx, thingChanged, { id: 'b', version: 1, note: '' });
      const beats = rig.producer.heartbeats().length;
      await expect.poll(() => rig.producer.heartbeats().length, soon).toBeGreaterThan(beats + 2);
      expect(rig.producer.heartbeats().at(-1)?.heartbeat).toBe(committed);
    });
    await expect.poll(() => rig.producer.heartbeats().at(-1)?.heartbeat, soon).toBeGreaterThan(committed ?? 0);
  });

  it.concurrent(
    'republishes all state, with its versions and changes, to a cluster that it does not know',
    async ({ rig, expect }) => {
      for (const key of ['a', 'b', 'a']) await rig.spec.publish(key);
      rig.relay.start();
      await expect.poll(() => rig.producer.heartbeats().length, soon).toBeGreaterThan(0);
      expect(rig.producer.events('cluster-1')).toHaveLength(3);

      rig.producer.cluster = 'cluster-2';
      await expect.poll(() => rig.producer.heartbeats('cluster-2').length, soon).toBeGreaterThan(0);
      const stored = await rig.spec.db.query(`select key, version, change from published_state order by change`);
      expect(rig.producer.events('cluster-2').map(({ key, version, change }) => ({ key, version, change }))).toEqual(
        stored,
      );
      expect(
        rig.producer
          .log('cluster-2')
          .slice(0, 2)
          .every(({ heartbeat }) => heartbeat === null),
      ).toBe(true);
    },
  );

  it.concurrent(
    'republishes to another cluster also when that was changed while no relay ran',
    async ({ rig, expect }) => {
      await rig.spec.publish('a');
      rig.relay.start();
      await expect.poll(rig.unsent, soon).toBe(0);
      await rig.relay.stop();
      rig.producer.cluster = 'cluster-2';
      rig.renew();
      rig.relay.start();
      await expect.poll(() => rig.producer.events('cluster-2').length, soon).toBe(1);
    },
  );

  it.concurrent('sends nothing twice when it is started again on the same cluster', async ({ rig, expect }) => {
    await rig.spec.publish('a');
    rig.relay.start();
    await expect.poll(rig.unsent, soon).toBe(0);
    await rig.relay.stop();
    rig.renew();
    rig.relay.start();
    await rig.spec.publish('b');
    await expect.poll(() => rig.producer.heartbeats().length, soon).toBeGreaterThan(3);
    expect(rig.producer.events().map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it.concurrent('waits for Kafka for ever, says so, and then goes on', async ({ rig, expect }) => {
    rig.producer.beforeWrite = () => {
      throw new AppError({ kind: 'unavailable', message: 'Kafka does not answer' });
    };
    await rig.spec.publish('a');
    await rig.spec.record('fact');
    rig.relay.start();
    await expect.poll(() => rig.relay.status().lastError, soon).toBe('Kafka does not answer');
    expect(rig.relay.status()).toMatchObject({ holdsLease: true, unsent: 2 });
    expect(rig.relay.status().oldestUnsentMs).toBeGreaterThan(0);
    rig.producer.beforeWrite = () => undefined;
    await expect.poll(rig.unsent, soon).toBe(0);
    await expect.poll(() => rig.relay.status().lastError, soon).toBe(null);
  });

  it.concurrent('waits for Postgres for ever, says so, and then goes on', async ({ rig, expect }) => {
    rig.db.gate = () => {
      throw new AppError({ kind: 'unavailable', message: 'the database does not answer' });
    };
    await rig.spec.publish('a');
    rig.relay.start();
    await expect.poll(() => rig.relay.status().lastError, soon).toBe('the database does not answer');
    expect(rig.relay.status().holdsLease).toBe(false);
    rig.db.gate = () => undefined;
    await expect.poll(rig.unsent, soon).toBe(0);
    await expect.poll(() => rig.relay.status().lastError, soon).toBe(null);
  });

  it.concurrent('repeats rows whose mark was lost, with the same event id', async ({ rig, expect }) => {
    rig.producer.afterWrite = ({ topic }) => {
      if (topic !== factRecorded.name) return;
      rig.db.gate = () => {
        rig.db.gate = () => undefined;
        throw new AppError({ kind: 'unavailable', message: 'connection lost' });
      };
      rig.producer.afterWrite = () => undefined;
    };
    await rig.spec.record('fact');
    rig.relay.start();
    await expect.poll(rig.unsent, soon).toBe(0);
    const ids = rig.producer.events().map(({ eventId }) => eventId);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  });

  it.concurrent('shows in the metrics what waits and who relays', async ({ rig, expect }) => {
    const metrics = new Metrics('policy', 'policy-1');
    await rig.spec.record('fact');
    rig.producer.beforeWrite = () => Promise.reject(new Error('not now'));
    rig.renew({ metrics });
    rig.relay.start();
    await expect.poll(() => metrics.text(), soon).toMatch(/^berth_outbox_unsent\{.*\} 1$/m);
    expect(await metrics.text()).toMatch(/^berth_outbox_holds_lease\{.*\} 1$/m);
  });

  it.concurrent('stops although it never could do anything', async ({ rig, expect }) => {
    rig.db.gate = () => Promise.reject(new Error('never'));
    rig.relay.start();
    await rig.relay.stop();
    expect(rig.relay.status().holdsLease).toBe(false);
  });
});
