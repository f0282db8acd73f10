import { definitionChanged, definitionKey, minimumRaised, type Definition } from '@berth/contracts';
import type { Database, Transaction } from '@berth/persistence';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateCopy, type StateRecord } from './state-copy.js';
import { createSpecSchema, minimumOf, scopeMap, silentLogger, uuidOf, type SpecSchema } from './state-copy.suite.js';
import { TopicCopy, whole, type PreviousState, type TopicHooks } from './topic-copy.js';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
let schema: SpecSchema;

beforeEach(async () => {
  schema = await createSpecSchema();
});

afterEach(() => schema.drop());

/** Notes what a hook was told, in the transaction of the store; -1 = the previous state can't be read. */
async function note(
  tx: Transaction,
  { previous, next }: { previous: PreviousState<Definition>; next: Definition },
): Promise<void> {
  const unread = previous.kind === 'none' ? null : -1;
  await tx.query('insert into noted (key, previous, next) values ($1, $2, $3)', [
    definitionKey(next),
    previous.kind === 'known' ? previous.data.version : unread,
    next.version,
  ]);
}

/** One replica of a service: its own connections, its own memory. */
function replica(hooks: TopicHooks<Definition> = { onStored: note }) {
  const db = schema.open();
  const applied: string[] = [];
  const definitions = new TopicCopy(definitionChanged, whole, {
    ...hooks,
    onApplied: (d) => applied.push(`${d.id.slice(-2)}@${d.version}`),
  });
  const copy = new StateCopy({ db, owner: 'policy', topics: [definitions], clock: () => nowMs, logger: silentLogger });
  return { db, copy, definitions, applied };
}

function record(data: Definition, change: number | null = null): StateRecord {
  return { topic: definitionChanged.name, key: definitionKey(data), change, data };
}

async function noted(db: Database): Promise<string[]> {
  const rows = await db.query<{ previous: number | null; next: number }>(
    'select previous, next from noted order by id',
  );
  return rows.map(({ previous, next }) => `${previous}->${next}`);
}

async function epochInTable(db: Database): Promise<number | undefined> {
  return (await db.query<{ epoch: number }>(`select epoch from followed_epoch where owner = 'policy'`))[0]?.epoch;
}

describe('one replica', () => {
  it('keeps a state in its table and in memory', async () => {
    const { copy, definitions, db } = replica();
    await copy.load();
    expect(copy.epoch).toBe(0);
    await copy.apply([record(scopeMap(1, 5), 77)]);
    expect(definitions.get(`scope-map:${uuidOf(1)}`)).toEqual(scopeMap(1, 5));
    expect(copy.epoch).toBe(1);
    const rows = await db.query('select topic, key, owner, version, change, epoch, data from followed_record');
    expect(rows).toEqual([
      {
        topic: definitionChanged.name,
        key: `scope-map:${uuidOf(1)}`,
        owner: 'policy',
        version: 5,
        change: 77,
        epoch: 1,
        data: scopeMap(1, 5),
      },
    ]);
  });

  it('holds by version: the same, an older one, and any order within a batch do no harm', async () => {
    const { copy, definitions, applied, db } = replica();
    await copy.load();
    await copy.apply([record(scopeMap(1, 7)), record(scopeMap(1, 9)), record(scopeMap(1, 8)), record(scopeMap(2, 1))]);
    await copy.apply([record(scopeMap(1, 9))]);
    await copy.apply([record(scopeMap(1, 3)), record(scopeMap(1, 8))]);
    await copy.apply([record(scopeMap(1, 10)), record(scopeMap(1, 10))]);
    expect(definitions.get(`scope-map:${uuidOf(1)}`)?.version).toBe(10);
    expect(applied).toEqual(['01@9', '02@1', '01@10']);
    expect(await noted(db)).toEqual(['null->9', 'null->1', '9->10']);
    expect(await epochInTable(db)).toBe(2);
    expect(copy.epoch).toBe(2);
  });

  it('costs no statement when a whole topic is read again', async () => {
    const first = replica();
    await first.copy.load();
    await first.copy.apply([record(scopeMap(1, 5)), record(scopeMap(2, 6))]);
    await first.db.close();
    await first.copy.apply([record(scopeMap(1, 5)), record(scopeMap(2, 4))]);
  });

  it('has everything again after a restart', async () => {
    const first = replica();
    await first.copy.load();
    await first.copy.apply([record(scopeMap(1, 5)), record(scopeMap(2, 6))]);
    await first.copy.apply([record(scopeMap(2, 7, { status: 'deleted' }))]);
    const second = replica();
    await second.copy.load();
    expect([...second.definitions.values()].map(({ version }) => version).sort()).toEqual([5, 7]);
    expect(second.copy.epoch).toBe(2);
    expect(second.applied).toEqual(['01@5', '02@7']);
  });

  it('stores nothing of a batch whose hook fails, and all of it when it is given again', async () => {
    let fails = true;
    const onStored: TopicHooks<Definition>['onStored'] = async (tx, change) => {
      await note(tx, change);
      if (fails && change.next.id === uuidOf(2)) throw new Error('the hook failed');
    };
    const { copy, definitions, db } = replica({ onStored });
    await copy.load();
    const batch = [record(scopeMap(1, 5)), record(scopeMap(2, 6))];
    await expect(copy.apply(batch)).rejects.toThrow('the hook failed');
    expect(await db.query('select key from followed_record')).toEqual([]);
    expect(await noted(db)).toEqual([]);
    expect(definitions.get(`scope-map:${uuidOf(1)}`)).toBeNull();
    expect(copy.epoch).toBe(0);
    fails = false;
    await copy.apply(batch);
    expect(await noted(db)).toEqual(['null->5', 'null->6']);
  });

  it('refuses what does not fit the topic or stands under another key, and takes nothing of the batch', async () => {
    const { copy, definitions } = replica();
    await copy.load();
    const good = record(scopeMap(1, 5));
    for (const bad of [
      { ...good, data: { ...scopeMap(2, 1), actions: 'all' } },
      { ...good, key: `scope-map:${uuidOf(2)}` },
      { ...good, data: null },
    ]) {
      await expect(copy.apply([good, bad])).rejects.toMatchObject({ kind: 'malformed', code: 'unreadable-record' });
    }
    expect(definitions.get(`scope-map:${uuidOf(1)}`)).toBeNull();
    await expect(copy.apply([{ ...good, topic: 'other' }])).rejects.toMatchObject({ kind: 'bug' });
  });

  it('starts although a stored row cannot be read any more, and does not use it', async () => {
    const { copy, definitions, db } = replica();
    await copy.load();
    await copy.apply([record(scopeMap(1, 5)), record(scopeMap(2, 6))]);
    await db.query(`update followed_record set data = '{"kind":"scope-map"}' where key like '%1'`);
    const again = replica();
    await again.copy.load();
    expect(again.definitions.get(`scope-map:${uuidOf(1)}`)).toBeNull();
    expect(again.definitions.get(`scope-map:${uuidOf(2)}`)).toEqual(definitions.get(`scope-map:${uuidOf(2)}`));
  });

  it('takes the next state of a key whose stored one cannot be read, and says so to the hook', async () => {
    const { copy, definitions, db } = replica();
    await copy.load();
    await copy.apply([record(scopeMap(1, 5)), record(scopeMap(2, 6))]);
    await db.query(`update followed_record set data = '{"kind":"scope-map"}' where key like '%1'`);
    await copy.apply([record(scopeMap(1, 8)), record(scopeMap(2, 9))]);
    expect(definitions.get(`scope-map:${uuidOf(1)}`)?.version).toBe(8);
    expect((await noted(db)).slice(2).sort()).toEqual(['-1->8', '6->9']);
  });

  it('keeps any text, also one that jsonb would refuse', async () => {
    const { copy, definitions } = replica();
    await copy.load();
    const odd = scopeMap(1, 5, { description: 'a\u0000b \ud800 "\\' });
    await copy.apply([record(odd)]);
    const again = replica();
    await again.copy.load();
    expect(again.definitions.get(`scope-map:${uuidOf(1)}`)).toEqual(odd);
    expect(definitions.get(`scope-map:${uuidOf(1)}`)).toEqual(odd);
  });
});

describe('two replicas on one schema', () => {
  it('run the hook of each stored state exactly once, however they race', async () => {
    const [a, b] = [replica(), replica()];
    await Promise.all([a.copy.load(), b.copy.load()]);
    const versions = Array.from({ length: 30 }, (_, n) => n + 1);
    for (const version of versions) {
      const batch = [record(scopeMap(1, version)), record(scopeMap(2, version))];
      await Promise.all([a.copy.apply(batch), b.copy.apply([...batch].reverse()), a.copy.apply(batch)]);
    }
    const told = await noted(a.db);
    expect(told).toHaveLength(60);
    for (const version of versions) {
      const previous = version === 1 ? 'null' : String(version - 1);
      expect(told.filter((line) => line === `${previous}->${version}`)).toHaveLength(2);
    }
    for (const { copy, definitions, db } of [a, b]) {
      expect(definitions.get(`scope-map:${uuidOf(1)}`)?.version).toBe(30);
      expect(definitions.get(`scope-map:${uuidOf(2)}`)?.version).toBe(30);
      expect(copy.epoch).toBe(await epochInTable(db));
    }
  });

  it('bring memory up to an epoch that the other has reached', async () => {
    const [a, b] = [replica(), replica()];
    await Promise.all([a.copy.load(), b.copy.load()]);
    await a.copy.apply([record(scopeMap(1, 5))]);
    await a.copy.apply([record(scopeMap(2, 6))]);
    expect(b.definitions.get(`scope-map:${uuidOf(1)}`)).toBeNull();
    await b.copy.refreshTo(1);
    expect(b.copy.epoch).toBe(2);
    expect(b.applied).toEqual(['01@5', '02@6']);
    await b.db.close();
    await b.copy.refreshTo(2);
  });

  it('never say that they are at an epoch whose states they lack', async () => {
    const [a, b] = [replica(), replica()];
    await Promise.all([a.copy.load(), b.copy.load()]);
    await a.copy.apply([record(scopeMap(1, 5))]);
    await b.copy.apply([record(scopeMap(2, 6))]);
    expect(b.copy.epoch).toBe(2);
    expect(b.definitions.get(`scope-map:${uuidOf(1)}`)?.version).toBe(5);
    expect(a.copy.epoch).toBe(1);
  });

  it('a state that the other has stored is in memory after apply, and was not stored again', async () => {
    const [a, b] = [replica(), replica()];
    await Promise.all([a.copy.load(), b.copy.load()]);
    await a.copy.apply([record(scopeMap(1, 5))]);
    await b.copy.apply([record(scopeMap(1, 5))]);
    expect(b.definitions.get(`scope-map:${uuidOf(1)}`)?.version).toBe(5);
    expect(await noted(b.db)).toEqual(['null->5']);
    expect(await epochInTable(b.db)).toBe(1);
  });

  it('an epoch that is not in the table is refused, not waited for', async () => {
    const { copy } = replica();
    await copy.load();
    await expect(copy.refreshTo(9)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('topics with a retention', () => {
  it('are handed to their view, not kept in memory, and leave the table after it', async () => {
    let now = nowMs;
    const db = schema.open();
    const seen: number[] = [];
    const minima = new TopicCopy(minimumRaised, whole, { onApplied: ({ version }) => seen.push(version) });
    const options = { db, owner: 'identity', topics: [minima], clock: () => now, logger: silentLogger } as const;
    const copy = new StateCopy(options);
    await copy.load();
    const minimum = minimumOf('token:a', 3, now);
    await copy.apply([{ topic: minimumRaised.name, key: 'token:a', change: 1, data: minimum }]);
    expect(seen).toEqual([3]);
    expect(minima.get('token:a')).toBeNull();
    await new StateCopy(options).load();
    expect(seen).toEqual([3, 3]);
    now += 24 * 3_600_000 + 1;
    await new StateCopy(options).load();
    expect(seen).toEqual([3, 3]);
    expect(await db.query('select key from followed_record')).toEqual([]);
  });
});

describe('freshness', () => {
  it('is shared by the replicas and never goes back', async () => {
    const [a, b] = [replica(), replica()];
    expect(await a.copy.freshAtMs()).toBe(Number.NEGATIVE_INFINITY);
    await a.copy.markFresh(nowMs);
    await b.copy.markFresh(nowMs - 1_000);
    expect(await b.copy.freshAtMs()).toBe(nowMs);
  });
});
