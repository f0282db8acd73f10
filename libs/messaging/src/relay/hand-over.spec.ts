import { describe, test } from 'vitest';
import { openSpecOutbox, thingChanged, type SpecOutbox } from '../outbox/outbox.suite.js';
import type { OutboxRelay } from './outbox-relay.js';
import { countUnsent, deferred, GatedDatabase, makeRelay, RecordingSender } from './relay.suite.js';

/** One service: its outbox, its processes, and the Kafka that they share. */
class ServiceRig {
  readonly kafka: RecordingSender['clusters'] = new Map();
  readonly relays: OutboxRelay[] = [];
  private readonly gates: ReturnType<typeof deferred>[] = [];

  constructor(readonly spec: SpecOutbox) {}

  /** One process: its relay, its way to Postgres and its way to Kafka. */
  startProcess(instance: string) {
    const producer = new RecordingSender(this.kafka);
    const db = new GatedDatabase(this.spec.db);
    const relay = makeRelay(this.spec, { db, producer, instance });
    this.relays.push(relay);
    relay.start();
    return { producer, db, relay };
  }

  /** Something to wait for; at the end of the test at the latest it is over. */
  gate() {
    const gate = deferred();
    this.gates.push(gate);
    return gate;
  }

  /** Lets a process stall between finding rows, among them one of this key, and sending them. */
  stallBeforeSending(key: string, { producer, db }: ReturnType<ServiceRig['startProcess']>) {
    const found = this.gate();
    const wakeUp = this.gate();
    producer.beforeWrite = ({ messages }) => {
      if (messages.every((message) => message.key !== key)) return undefined;
      found.resolve();
      db.gate = () => wakeUp.promise;
      return wakeUp.promise;
    };
    return { found: found.promise, wakeUp: wakeUp.resolve };
  }

  readonly unsent = () => countUnsent(this.spec);

  log() {
    return (this.kafka.get('cluster-1') ?? []).filter(({ heartbeat }) => heartbeat === null);
  }

  lastOf(key: string) {
    return this.log().findLast((record) => record.key === key);
  }

  async epoch() {
    const [row] = await this.spec.db.query<{ epoch: number }>(`select epoch from relay_lease`);
    return row?.epoch;
  }

  async stateOf(key: string) {
    const sql = `select version from published_state where key = $1`;
    const [row] = await this.spec.db.query<{ version: number }>(sql, [key]);
    return row;
  }

  async close(): Promise<void> {
    for (const gate of this.gates) gate.resolve();
    await Promise.all(this.relays.map((relay) => relay.stop()));
    await this.spec.drop();
  }
}

const it = test.extend('rig', async ({}, { onCleanup }) => {
  const rig = new ServiceRig(await openSpecOutbox());
  onCleanup(() => rig.close());
  return rig;
});

describe('hand-over of the relay', () => {
  const soon = { timeout: 10_000 };

  it.concurrent(
    'lets one process relay while another waits, and hands over at once when it stops',
    async ({ rig, expect }) => {
      const first = rig.startProcess('policy-1');
      await expect.poll(() => first.relay.status().holdsLease, soon).toBe(true);
      const second = rig.startProcess('policy-2');
      await rig.spec.publish('a');
      await expect.poll(rig.unsent, soon).toBe(0);
      expect(second.relay.status().holdsLease).toBe(false);
      expect([first.producer.batches.length > 0, second.producer.batches.length]).toEqual([true, 0]);

      await first.relay.stop();
      expect(first.relay.status().holdsLease).toBe(false);
      await expect.poll(() => second.relay.status().holdsLease, soon).toBe(true);
      await rig.spec.publish('b');
      await expect.poll(() => rig.lastOf('b'), soon).toBeDefined();
      expect(await rig.epoch()).toBe(2);
    },
  );

  it.concurrent(
    'gives the lease of a process that stalls to another, which sends all that was not marked',
    async ({ rig, expect }) => {
      const stalled = rig.startProcess('policy-1');
      await rig.spec.publish('a');
      await expect.poll(rig.unsent, soon).toBe(0);
      const forEver = rig.gate();
      stalled.db.gate = () => forEver.promise;
      stalled.producer.beforeWrite = () => forEver.promise;
      for (let n = 0; n < 20; n += 1) await Promise.all([rig.spec.publish(`late-${n}`), rig.spec.record(`fact-${n}`)]);

      rig.startProcess('policy-2');
      await expect.poll(rig.unsent, soon).toBe(0);
      expect(await rig.epoch()).toBe(2);
      const sent = new Set(rig.log().map(({ eventId }) => eventId));
      const stored = await rig.spec.db.query<{ event_id: string }>(`select event_id from outbox`);
      expect(stored.filter(({ event_id }) => !sent.has(event_id))).toEqual([]);
    },
  );

  it.concurrent(
    'lets a process that wakes up from a stall send nothing more, and mark nothing',
    async ({ rig, expect }) => {
      const stalled = rig.startProcess('policy-1');
      await expect.poll(() => stalled.relay.status().holdsLease, soon).toBe(true);
      const { found, wakeUp } = rig.stallBeforeSending('first', stalled);
      await rig.spec.publish('first');
      await found;
      await rig.spec.publish('second');

      const other = rig.startProcess('policy-2');
      await expect.poll(rig.unsent, soon).toBe(0);
      const batchesBefore = stalled.producer.batches.length;
      wakeUp();
      // The send under way still ends; nothing else is sent by it, neither rows nor heartbeats.
      await expect.poll(() => stalled.producer.batches.length, soon).toBe(batchesBefore + 1);
      await rig.spec.publish('third');
      await expect.poll(() => other.producer.events().some(({ key }) => key === 'third'), soon).toBe(true);
      await expect.poll(rig.unsent, soon).toBe(0);
      expect(stalled.producer.batches).toHaveLength(batchesBefore + 1);
      expect(stalled.relay.status().holdsLease).toBe(false);
    },
  );

  it.concurrent(
    'leaves the newest state last, although an older one of a stalled process arrives behind it',
    async ({ rig, expect }) => {
      const stalled = rig.startProcess('policy-1');
      await expect.poll(() => stalled.relay.status().holdsLease, soon).toBe(true);
      const { found, wakeUp } = rig.stallBeforeSending('k', stalled);
      await rig.spec.publish('k', 'older');
      await found;
      rig.startProcess('policy-2');
      await expect.poll(rig.unsent, soon).toBe(0);
      await rig.spec.publish('k', 'newer');
      await expect.poll(rig.unsent, soon).toBe(0);
      const newest = await rig.stateOf('k');
      expect(rig.lastOf('k')?.version).toBe(newest?.version);

      const written = rig.log().length;
      wakeUp();
      await expect.poll(() => rig.log().length, soon).toBeGreaterThan(written + 1);
      await expect.poll(rig.unsent, soon).toBe(0);
      expect(rig.lastOf('k')?.version).toBe(newest?.version);
    },
  );

  it.concurrent(
    'repeats and does not lose what was sent by a process that dies before it marks',
    async ({ rig, expect }) => {
      const dying = rig.startProcess('policy-1');
      await expect.poll(() => dying.relay.status().holdsLease, soon).toBe(true);
      const forEver = rig.gate();
      dying.producer.afterWrite = ({ topic, messages }) => {
        if (topic !== thingChanged.name || messages.every(({ key }) => key !== 'a')) return undefined;
        dying.db.gate = () => forEver.promise;
        return forEver.promise;
      };
      await rig.spec.publish('a');
      await expect.poll(() => rig.log().length, soon).toBe(1);
      expect(await rig.unsent()).toBe(1);

      rig.startProcess('policy-2');
      await expect.poll(rig.unsent, soon).toBe(0);
      const ids = rig.log().map(({ eventId }) => eventId);
      expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
    },
  );

  it.concurrent('gives way to another process when it cannot reach Kafka for 10 s', async ({ rig, expect }) => {
    let skewMs = 0;
    const producer = new RecordingSender(rig.kafka);
    producer.beforeWrite = () => Promise.reject(new Error('no way to Kafka from here'));
    const cutOff = makeRelay(rig.spec, { producer, monotonicMs: () => performance.now() + skewMs });
    rig.relays.push(cutOff);
    cutOff.start();
    await rig.spec.publish('a');
    await expect.poll(() => cutOff.status().lastError, soon).toBe('no way to Kafka from here');
    rig.startProcess('policy-2');
    expect(await rig.unsent()).toBe(1);
    skewMs = 10_000;
    await expect.poll(rig.unsent, soon).toBe(0);
  });
});
