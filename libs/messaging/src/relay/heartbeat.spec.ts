import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpecOutbox, thingChanged, type SpecOutbox } from '../outbox/outbox.suite.js';
import { heartbeatsOf, readSafeChange } from './heartbeat.js';

describe('readSafeChange', () => {
  let spec: SpecOutbox;

  beforeEach(async () => {
    spec = await openSpecOutbox();
  });

  afterEach(async () => {
    await spec.drop();
  });

  const markAll = () => spec.db.query(`update outbox set sent_at = now()`);

  it('is 0 before anything was published', async () => {
    expect(await readSafeChange(spec.db)).toBe(0);
  });

  it('is the highest published change once all of it is sent', async () => {
    for (const key of ['a', 'b', 'a']) await spec.publish(key);
    await markAll();
    const [row] = await spec.db.query<{ change: number }>(`select change from published_state where key = 'a'`);
    expect(await readSafeChange(spec.db)).toBe(row?.change);
  });

  it('is unknown while one urgent row is not sent, whichever it is', async () => {
    for (const key of ['a', 'b', 'c']) await spec.publish(key);
    await markAll();
    await spec.db.query(`update outbox set sent_at = null where key = 'b'`);
    expect(await readSafeChange(spec.db)).toBe(null);
  });

  it('does not depend on facts', async () => {
    await spec.record('fact');
    expect(await readSafeChange(spec.db)).toBe(0);
  });

  it('leaves out what is drawn and not committed', async () => {
    await spec.db.transaction(async (tx) => {
      await spec.outbox.publish(tx, thingChanged, { id: 'a', version: 1, note: '' });
      expect(await readSafeChange(spec.db)).toBe(0);
    });
  });
});

describe('heartbeatsOf', () => {
  it('is one record for each partition, all under one key, with the number in the header', () => {
    const { topic, messages } = heartbeatsOf({ name: 't.v1', partitions: 2 }, 2 ** 40);
    const common = { key: 'heartbeat', headers: { 'berth-heartbeat': '1099511627776' } };
    expect([topic, messages]).toMatchObject([
      't.v1',
      [
        { ...common, partition: 0 },
        { ...common, partition: 1 },
      ],
    ]);
    expect(JSON.parse(String(messages[0]?.value))).toEqual({ heartbeat: 2 ** 40 });
  });
});
