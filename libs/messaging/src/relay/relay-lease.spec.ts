import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpecOutbox, type SpecOutbox } from '../outbox/outbox.suite.js';
import { RelayLease } from './relay-lease.js';

describe('RelayLease', () => {
  let spec: SpecOutbox;
  let nowMs: number;

  beforeEach(async () => {
    spec = await openSpecOutbox();
    nowMs = 0;
  });

  afterEach(async () => {
    await spec.drop();
  });

  const lease = (holder: string) => new RelayLease(spec.db, holder, () => nowMs);
  const letItEnd = () => spec.db.query(`update relay_lease set until = clock_timestamp() - interval '1 ms'`);

  it('is nobody’s at first, then the first one’s that asks', async () => {
    const [first, second] = [lease('first'), lease('second')];
    expect(first.current()).toBe(null);
    await first.renew();
    await second.renew();
    expect([first.current(), second.current()]).toEqual([{ holder: 'first', epoch: 1 }, null]);
  });

  it('goes to exactly one of many that ask at once', async () => {
    const many = Array.from({ length: 20 }, (_, n) => lease(`holder-${n}`));
    await Promise.all(many.map((one) => one.renew()));
    expect(many.filter((one) => one.current() !== null)).toHaveLength(1);
  });

  it('ends for its holder 1 s before it ends for the others', async () => {
    const holder = lease('holder');
    await holder.renew();
    nowMs = 999;
    expect(holder.current()).not.toBe(null);
    nowMs = 1_000;
    expect(holder.current()).toBe(null);
    const [row] = await spec.db.query<{ left: number }>(
      `select (extract(epoch from until - clock_timestamp()) * 1000)::float8 as left from relay_lease`,
    );
    expect(row?.left).toBeGreaterThan(1_000);
  });

  it('counts its time from before it asked', async () => {
    const db = {
      query: spec.db.query.bind(spec.db),
      prepared: async <Row extends object>(...args: Parameters<typeof spec.db.prepared>) => {
        nowMs += 1_500;
        return spec.db.prepared<Row>(...args);
      },
    };
    const slow = new RelayLease(db, 'slow', () => nowMs);
    await slow.renew();
    expect(slow.current()).toBe(null);
  });

  it('keeps its epoch while it is prolonged and raises it for the next holder', async () => {
    const [first, second] = [lease('first'), lease('second')];
    await first.renew();
    await first.renew();
    await letItEnd();
    await second.renew();
    expect(second.current()?.epoch).toBe(2);
    await first.renew();
    expect(first.current()).toBe(null);
  });

  it('is free at once when released, and its holder can stay away', async () => {
    const [first, second] = [lease('first'), lease('second')];
    await first.renew();
    await first.release(3_000);
    await first.renew();
    expect(first.current()).toBe(null);
    await second.renew();
    expect(second.current()).toEqual({ holder: 'second', epoch: 2 });
    await second.release();
    nowMs = 3_000;
    await first.renew();
    expect(first.current()?.epoch).toBe(3);
  });
});
