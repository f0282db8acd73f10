import { randomUUID } from 'node:crypto';
import type { ActivityBatch, EntryDraft, SpoolFrame } from '@berth/contracts';
import { Metrics, createLogger } from '@berth/telemetry';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppendActivity } from './append-activity/append-activity.js';
import { AppendChanges } from './append-changes/append-changes.js';
import { entryOf, openAuditSchema } from './audit.suite.js';
import { ForgetConsumed } from './forget-consumed/forget-consumed.js';
import { Report } from './report.js';
import { PostgresConsumedEventStore } from './storage/consumed-event.store.js';
import { PostgresEntryLog } from './storage/entry-log.store.js';
import { PostgresSpoolBootStore } from './storage/spool-boot.store.js';

let schema: Awaited<ReturnType<typeof openAuditSchema>>;
let appendActivity: AppendActivity;
let appendChanges: AppendChanges;
let nowMs = Date.parse('2026-01-02T03:04:05Z');
const consumed = new PostgresConsumedEventStore();
const logger = createLogger({ service: 'audit', instance: 'spec', level: 'silent' });

beforeAll(async () => {
  schema = await openAuditSchema();
  const metrics = new Metrics('audit', 'spec');
  const spool = { append: () => Promise.resolve() };
  const report = new Report({ spool, logger, metrics, clock: () => nowMs, instance: 'spec' });
  const log = new PostgresEntryLog();
  appendActivity = new AppendActivity(schema.db, log, new PostgresSpoolBootStore(), report);
  appendChanges = new AppendChanges(schema.db, log, consumed, report, () => nowMs);
});

afterAll(async () => {
  await schema.drop();
});

let boot = randomUUID();
beforeEach(() => {
  boot = randomUUID();
});

const entry = (name: string): SpoolFrame => ({ kind: 'entry', entry: entryOf({ actor: { id: null, name } }) });

/** Frames `first`..`first + count - 1` of this spec's boot, each an entry whose actor is its number. */
function batchOf(first: number, count: number, frames?: SpoolFrame[]): ActivityBatch {
  const producer = { service: 'registry', instance: 'registry-1', boot } as const;
  return { producer, first, frames: frames ?? Array.from({ length: count }, (_, i) => entry(`${boot}/${first + i}`)) };
}

async function namesOfBoot(): Promise<number[]> {
  const rows = await schema.db.query<{ actor_name: string }>(
    `select actor_name from entry where actor_name like $1 order by seq`,
    [`${boot}/%`],
  );
  return rows.map(({ actor_name }) => Number(actor_name.slice(boot.length + 1)));
}

/** The log's numbers are 1..size, each once. */
async function expectContiguous(): Promise<number> {
  const [row] = await schema.db.query<{ size: number; entries: number; lowest: number; highest: number }>(
    `select h.size, count(e.seq) as entries, coalesce(min(e.seq), 1) as lowest, coalesce(max(e.seq), 0) as highest
       from log_head h left join entry e on true group by h.size`,
  );
  expect(row).toMatchObject({ entries: row?.size, lowest: 1, highest: row?.size });
  return row?.size ?? 0;
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('entries of a spool', () => {
  it('are stored once when a batch comes twice, in one delivery or two', async () => {
    await appendActivity.execute([batchOf(1, 5), batchOf(1, 5)]);
    await appendActivity.execute([batchOf(1, 5)]);
    expect(await namesOfBoot()).toEqual(upTo(5));
  });

  it('are stored once when batches overlap, whatever was cut where', async () => {
    await appendActivity.execute([batchOf(3, 4)]);
    await appendActivity.execute([batchOf(1, 4)]);
    await appendActivity.execute([batchOf(2, 9)]);
    expect((await namesOfBoot()).toSorted((a, b) => a - b)).toEqual(upTo(10));
    const [row] = await schema.db.query(`select received::text from spool_boot where boot = $1`, [boot]);
    expect(row).toEqual({ received: '{[1,11)}' });
  });

  it('that come late fill the gap that they had left', async () => {
    await appendActivity.execute([batchOf(1, 2), batchOf(7, 2)]);
    const [row] = await schema.db.query(`select received::text from spool_boot where boot = $1`, [boot]);
    expect(row).toEqual({ received: '{[1,3),[7,9)}' });
    await appendActivity.execute([batchOf(1, 8)]);
    expect((await namesOfBoot()).toSorted((a, b) => a - b)).toEqual(upTo(8));
  });

  it('of two boots with the same numbers are all stored', async () => {
    await appendActivity.execute([batchOf(1, 3)]);
    const [first, second] = [boot, randomUUID()];
    boot = second;
    await appendActivity.execute([batchOf(1, 3)]);
    expect(await namesOfBoot()).toEqual(upTo(3));
    boot = first;
    expect(await namesOfBoot()).toEqual(upTo(3));
  });

  it('stand between an opened and a closed frame, which are noted and are no entries', async () => {
    const previous = { boot: randomUUID(), last: 41 };
    await appendActivity.execute([
      batchOf(1, 0, [{ kind: 'opened', previous }, entry(`${boot}/2`), { kind: 'closed' }]),
    ]);
    expect(await namesOfBoot()).toEqual([2]);
    const noted = `select is_opened, is_closed, previous_boot, previous_last from spool_boot where boot = $1`;
    expect(await schema.db.query(noted, [boot])).toEqual([
      { is_opened: true, is_closed: true, previous_boot: previous.boot, previous_last: 41 },
    ]);
  });

  it('can hold what a client should not have sent', async () => {
    const asked = 'repository:a\0b:pull \uD800';
    const name = `${boot}/1\0`;
    const frame: SpoolFrame = { kind: 'entry', entry: entryOf({ asked, actor: { id: null, name } }) };
    await appendActivity.execute([batchOf(1, 0, [frame])]);
    const rows = await schema.db.query<{ body: EntryDraft }>(`select body from entry where actor_name = $1`, [
      `${boot}/1\uFFFD`,
    ]);
    expect(rows[0]?.body.asked).toBe('repository:a\uFFFDb:pull \uFFFD');
  });
});

describe('changes', () => {
  const change = (id: string) => ({ id, data: entryOf({ event: 'updated', actor: { id: null, name: `${boot}/1` } }) });

  it('are stored once by the id of their event, in one delivery or two', async () => {
    const id = randomUUID();
    await appendChanges.execute([change(id), change(id)]);
    await appendChanges.execute([change(id), change(randomUUID())]);
    expect(await namesOfBoot()).toHaveLength(2);
  });

  it('are remembered for as long as they can come again', async () => {
    const id = randomUUID();
    const forget = new ForgetConsumed(schema.db, consumed, () => nowMs, logger);
    await appendChanges.execute([change(id)]);
    nowMs += 13 * 24 * 3_600_000;
    await forget.execute();
    expect(await schema.db.query('select id from consumed_event where id = $1', [id])).toHaveLength(1);
    nowMs += 2 * 24 * 3_600_000;
    await forget.execute();
    expect(await schema.db.query('select id from consumed_event where id = $1', [id])).toHaveLength(0);
  });
});

describe('the log', () => {
  it('is numbered without gaps by sixteen consumers at once, some of which fail', async () => {
    const before = await expectContiguous();
    const boots = Array.from({ length: 8 }, () => randomUUID());
    const deliveries = boots.flatMap((id) => {
      boot = id;
      // No account: Postgres refuses it after the numbers are taken.
      const failing = [batchOf(4, 1), batchOf(5, 0, [{ kind: 'entry', entry: entryOf({ account: 'nobody' }) }])];
      return [
        appendActivity.execute([batchOf(1, 3)]),
        expect(appendActivity.execute(failing)).rejects.toThrow('uuid'),
        appendActivity.execute([batchOf(1, 3)]),
        appendChanges.execute([{ id: randomUUID(), data: entryOf() }]),
      ];
    });
    await Promise.all(deliveries);
    expect((await expectContiguous()) - before).toBe(8 * (3 + 1));
  });

  it('takes a delivery of more than one statement', async () => {
    await appendActivity.execute(Array.from({ length: 10 }, (_, i) => batchOf(1 + i * 500, 500)));
    expect(await namesOfBoot()).toEqual(upTo(5_000));
    await expectContiguous();
  });
});
