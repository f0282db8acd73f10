import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messagingMigrations } from './migrations.js';
import { openSpecOutbox, type SpecOutbox } from './outbox.suite.js';

describe('messagingMigrations', () => {
  let spec: SpecOutbox;

  beforeAll(async () => {
    spec = await openSpecOutbox();
  });

  afterAll(async () => {
    await spec.drop();
  });

  const dayMs = 86_400_000;
  const nameOf = (daysFromNow: number) =>
    `outbox_${new Date(Date.now() + daysFromNow * dayMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
  const partitions = async () =>
    (
      await spec.db.query<{ name: string }>(
        `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'outbox'::regclass order by 1`,
      )
    ).map(({ name }) => name);
  const createDay = (daysFromNow: number) =>
    spec.owner.query(`create table ${nameOf(daysFromNow)} partition of outbox for values from
      ('${new Date(Date.now() + daysFromNow * dayMs).toISOString().slice(0, 10)}T00:00:00Z') to
      ('${new Date(Date.now() + (daysFromNow + 1) * dayMs).toISOString().slice(0, 10)}T00:00:00Z')`);
  const insertAt = (daysFromNow: number, sent: boolean) =>
    spec.db.query(
      `insert into outbox (topic, key, source, lane, at, data, created_at, sent_at)
       values ('t', 'k', 's', 'bulk', now(), '{}', $1, $2)`,
      [new Date(Date.now() + daysFromNow * dayMs), sent ? new Date() : null],
    );

  it('makes partitions for today and three days ahead', async () => {
    expect(await partitions()).toEqual([nameOf(0), nameOf(1), nameOf(2), nameOf(3), 'outbox_default']);
  });

  it("lets the service's login add missing days, again and again", async () => {
    await spec.owner.query(`drop table ${nameOf(2)}`);
    await spec.db.query(`select outbox_add_days()`);
    await spec.db.query(`select outbox_add_days()`);
    expect(await partitions()).toContain(nameOf(2));
  });

  it('takes a row of a day that has no partition, and adds that day when the row is gone', async () => {
    await spec.owner.query(`drop table ${nameOf(1)}`);
    await insertAt(1, false);
    await spec.db.query(`select outbox_add_days()`);
    expect(await partitions()).not.toContain(nameOf(1));
    expect(await spec.db.query(`select key from outbox where sent_at is null`)).toEqual([{ key: 'k' }]);
    await spec.db.query(`delete from outbox`);
    await spec.db.query(`select outbox_add_days()`);
    expect(await partitions()).toContain(nameOf(1));
  });

  it('drops a day before yesterday once all of it is sent, and not before', async () => {
    await createDay(-3);
    await createDay(-2);
    await createDay(-1);
    await insertAt(-3, false);
    await insertAt(-2, true);
    await insertAt(-1, true);
    await spec.db.query(`select outbox_drop_days()`);
    expect(await partitions()).toEqual(expect.arrayContaining([nameOf(-3), nameOf(-1), nameOf(0)]));
    expect(await partitions()).not.toContain(nameOf(-2));
    await spec.db.query(`update outbox set sent_at = now()`);
    await spec.db.query(`select outbox_drop_days()`);
    expect(await partitions()).not.toContain(nameOf(-3));
  });

  it('can be undone', async () => {
    for (const { down } of messagingMigrations) for (const statement of down) await spec.owner.query(statement);
    const left = await spec.owner.query(
      `select relname from pg_class where relnamespace = 'policy'::regnamespace and relkind in ('r', 'p', 'S')
          and relname not like 'migration%'`,
    );
    expect(left).toEqual([]);
  });
});
