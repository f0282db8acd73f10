import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { factRecorded, limitRaised, openSpecOutbox, thingChanged, type SpecOutbox } from '../outbox/outbox.suite.js';
import { LaneSender } from './lane-sender.js';
import type { LeaseFence } from './relay-lease.js';
import { RecordingSender } from './relay.suite.js';

describe('LaneSender', () => {
  let spec: SpecOutbox;
  let sender: RecordingSender;
  let lanes: LaneSender;
  let fence: LeaseFence | null;
  let nowMs: number;

  beforeEach(async () => {
    spec = await openSpecOutbox();
    await spec.db.query(`update relay_lease set holder = 'me', epoch = 7`);
    sender = new RecordingSender();
    fence = { holder: 'me', epoch: 7 };
    nowMs = 0;
    const lease = { current: () => fence, forget: () => (fence = null) };
    lanes = new LaneSender({ db: spec.db, sender, lease, monotonicMs: () => nowMs });
  });

  afterEach(async () => {
    await spec.drop();
  });

  const unsent = async () =>
    (await spec.db.query<{ key: string }>(`select key from outbox where sent_at is null order by id`)).map(
      (r) => r.key,
    );
  const keys = () => sender.events().map(({ key }) => key);
  const failOnce = () => {
    sender.beforeWrite = () => {
      sender.beforeWrite = () => undefined;
      throw new Error('nobody knows whether it arrived');
    };
  };

  it('sends at most 500 rows at once, in the order of their ids, and says that there may be more', async () => {
    await spec.db.query(
      `insert into outbox (topic, key, source, lane, at, data)
       select $1, n::text, 's', 'bulk', now(), json_build_object('id', n::text) from generate_series(1, 501) n`,
      [factRecorded.name],
    );
    expect(await lanes.send('bulk')).toBe(true);
    expect(keys()).toEqual(Array.from({ length: 500 }, (_, n) => String(n + 1)));
    expect(await lanes.send('bulk')).toBe(true);
    expect(await lanes.send('bulk')).toBe(false);
    expect(await unsent()).toEqual([]);
  });

  it('keeps a batch below what a broker takes', async () => {
    const text = 'x'.repeat(150_000);
    for (let n = 0; n < 10; n += 1) await spec.record(`fact-${n}`, text);
    await lanes.send('bulk');
    const sizes = sender.batches.map(({ messages }) => messages.reduce((sum, { value }) => sum + value.length, 0));
    expect(Math.max(...sizes)).toBeLessThan(512_000);
    expect(keys()).toEqual(Array.from({ length: 10 }, (_, n) => `fact-${n}`));
  });

  it('sends a topic that works although another fails, and keeps the order within the one that fails', async () => {
    sender.beforeWrite = ({ topic }) => {
      if (topic === thingChanged.name) throw new Error('this topic does not take records');
    };
    await spec.publish('a');
    await spec.db.transaction((tx) => spec.outbox.publish(tx, limitRaised, { id: 'limit', version: 1, note: '' }));
    await spec.publish('b');
    await expect(lanes.send('urgent')).rejects.toThrow('does not take records');
    expect([keys(), await unsent()]).toEqual([['limit'], ['a', 'b']]);
    sender.beforeWrite = () => undefined;
    await lanes.send('urgent');
    expect(keys()).toEqual(['limit', 'a', 'b']);
  });

  it('sends nothing without the lease', async () => {
    await spec.publish('a');
    fence = null;
    await lanes.send('urgent');
    expect([keys(), await unsent()]).toEqual([[], ['a']]);
  });

  it.each([
    ['another holder', { holder: 'other', epoch: 7 }],
    ['a later epoch', { holder: 'me', epoch: 8 }],
  ])('marks nothing when the lease went to %s, and publishes those states again', async (_what, { holder, epoch }) => {
    await spec.publish('a');
    sender.afterWrite = async () => {
      await spec.db.query(`update relay_lease set holder = $1, epoch = $2`, [holder, epoch]);
    };
    await lanes.send('urgent');
    expect([keys(), await unsent(), fence]).toEqual([['a'], ['a', 'a'], null]);
  });

  it('publishes once more, 10 s later, what was published from a send on whose end is unknown', async () => {
    await spec.publish('before');
    await lanes.send('urgent');
    await spec.publish('a');
    failOnce();
    await expect(lanes.send('urgent')).rejects.toThrow('nobody knows');
    await lanes.send('urgent');
    await spec.publish('a');
    await lanes.send('urgent');
    await lanes.settle();
    expect([keys(), await unsent()]).toEqual([['before', 'a', 'a'], []]);

    nowMs += 10_000;
    await lanes.settle();
    await lanes.settle();
    expect(await unsent()).toEqual(['a']);
    await lanes.send('urgent');
    const versions = sender.events().map(({ version }) => version);
    expect(versions.at(-1)).toBe(Math.max(...versions.map(Number)));
  });

  it('publishes once more what the holder before had not marked', async () => {
    await spec.publish('marked');
    await lanes.send('urgent');
    await spec.publish('perhaps under way');
    await lanes.takeOver();
    await lanes.send('urgent');
    nowMs += 10_000;
    await lanes.settle();
    expect(await unsent()).toEqual(['perhaps under way']);
  });

  it('publishes nothing once more when nothing was under way', async () => {
    await spec.publish('a');
    await lanes.send('urgent');
    await lanes.takeOver();
    nowMs += 10_000;
    await lanes.settle();
    expect(await unsent()).toEqual([]);
  });
});
