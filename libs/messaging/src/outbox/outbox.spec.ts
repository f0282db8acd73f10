import { changeTopics } from '@berth/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { factRecorded, openSpecOutbox, thingChanged, type SpecOutbox } from './outbox.suite.js';

describe('Outbox', () => {
  let spec: SpecOutbox;
  let wakes = 0;

  beforeAll(async () => {
    spec = await openSpecOutbox({ wake: () => (wakes += 1) });
  });

  beforeEach(async () => {
    await spec.db.query(`delete from outbox`);
    await spec.db.query(`delete from published_state`);
    wakes = 0;
  });

  afterAll(async () => {
    await spec.drop();
  });

  const rows = () =>
    spec.db.query(`select topic, key, source, lane, change, traceparent, data from outbox order by id`);
  const states = () => spec.db.query(`select key, version, change, data from published_state order by change`);

  it('publishes a state: its latest record and an urgent row, with the same change', async () => {
    await spec.publish('a', 'first');
    const [state] = await spec.db.query<{ version: number; change: number }>(
      `select version, change from published_state`,
    );
    expect(await rows()).toEqual([
      {
        topic: thingChanged.name,
        key: 'a',
        source: 'berth/policy/policy-1',
        lane: 'urgent',
        change: state?.change,
        traceparent: null,
        data: { id: 'a', version: state?.version, note: 'first' },
      },
    ]);
    expect(wakes).toBe(1);
  });

  it('publishes many states at once, each with a change of its own, and none that is not above the known one', async () => {
    const told = (id: string, version: number) => ({ id, version, note: `${id}${version}` });
    const publishAll = (all: readonly ReturnType<typeof told>[]) =>
      spec.db.transaction((tx) => spec.outbox.publishAll(tx, thingChanged, all));
    await publishAll([told('a', 5), told('b', 5)]);
    await publishAll([told('a', 4), told('b', 6)]);
    expect(await states()).toMatchObject([
      { key: 'a', data: { note: 'a5' } },
      { key: 'b', data: { note: 'b6' } },
    ]);
    const changes = (await rows()).map((row) => [Reflect.get(row, 'key'), Reflect.get(row, 'lane')]);
    expect(changes).toEqual([
      ['a', 'urgent'],
      ['b', 'urgent'],
      ['b', 'urgent'],
    ]);
    expect(wakes).toBe(2);
  });

  it('keeps only the latest state of a key, and a row for each', async () => {
    await spec.publish('a', 'first');
    await spec.publish('a', 'second');
    expect(await states()).toMatchObject([{ key: 'a', data: { note: 'second' } }]);
    expect(await rows()).toHaveLength(2);
  });

  it.each([
    ['the same version', 5],
    ['a lower version', 4],
  ])('changes nothing when %s is published again', async (_what, version) => {
    const publish = (v: number) =>
      spec.db.transaction((tx) => spec.outbox.publish(tx, thingChanged, { id: 'a', version: v, note: `v${v}` }));
    await publish(5);
    const before = [await states(), await rows()];
    await publish(version);
    expect([await states(), await rows()]).toEqual(before);
  });

  it('records a fact in the bulk lane, without a change', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await spec.db.transaction((tx) =>
      spec.outbox.record(tx, factRecorded, { id: 'f', text: 'a \u0000 b' }, traceparent),
    );
    expect(await rows()).toEqual([
      {
        topic: factRecorded.name,
        key: 'f',
        source: 'berth/policy/policy-1',
        lane: 'bulk',
        change: null,
        traceparent,
        data: { id: 'f', text: 'a \u0000 b' },
      },
    ]);
    expect(wakes).toBe(1);
  });

  it('leaves out a traceparent that is none, because such an event could not be sent', async () => {
    await spec.db.transaction((tx) => spec.outbox.record(tx, factRecorded, { id: 'f', text: '' }, 'x'));
    expect(await rows()).toMatchObject([{ traceparent: null }]);
  });

  it('writes and wakes nothing when the transaction fails', async () => {
    const failed = spec.db.transaction(async (tx) => {
      await spec.outbox.record(tx, factRecorded, { id: 'f', text: '' });
      await spec.outbox.publish(tx, thingChanged, { id: 'a', version: 1, note: '' });
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect([await rows(), await states(), wakes]).toEqual([[], [], 0]);
  });

  it('fails the transaction of an event that no consumer could read', async () => {
    const failed = spec.db.transaction((tx) =>
      spec.outbox.publish(tx, thingChanged, { id: 'a', version: 0, note: 'versions start at 1' }),
    );
    await expect(failed).rejects.toMatchObject({ kind: 'bug' });
    expect(await rows()).toEqual([]);
  });

  it("refuses another service's topic", async () => {
    const failed = spec.db.transaction((tx) =>
      // The data doesn't matter: the topic is refused first.
      spec.outbox.record(tx, { ...factRecorded, producer: changeTopics.identity.producer }, { id: 'f', text: '' }),
    );
    await expect(failed).rejects.toMatchObject({ kind: 'bug' });
  });

  it('draws versions that only grow, also after a rollback', async () => {
    const draw = () => spec.db.transaction((tx) => spec.outbox.nextVersion(tx));
    const first = await draw();
    await spec.db
      .transaction(async (tx) => {
        await spec.outbox.nextVersion(tx);
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    expect(await draw()).toBeGreaterThan(first + 1);
  });

  it('makes a second publication wait until the first is committed', async () => {
    const order: string[] = [];
    let letFirstCommit = (): void => undefined;
    const firstMayCommit = new Promise<void>((resolve) => (letFirstCommit = resolve));
    let firstHasPublished = (): void => undefined;
    const firstPublished = new Promise<void>((resolve) => (firstHasPublished = resolve));
    const first = spec.db.transaction(async (tx) => {
      await spec.outbox.publish(tx, thingChanged, { id: 'a', version: 1, note: '' });
      firstHasPublished();
      await firstMayCommit;
      order.push('first');
    });
    await firstPublished;
    const second = spec.publish('b').then(() => order.push('second'));
    const waiting = `select count(*) as n from pg_locks where locktype = 'advisory' and not granted
                        and database = (select oid from pg_database where datname = current_database())`;
    await expect.poll(() => spec.db.query(waiting), { timeout: 10_000 }).toEqual([{ n: 1 }]);
    letFirstCommit();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });
});
