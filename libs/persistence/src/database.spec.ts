import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from './database.js';
import { isUniqueViolation } from './postgres-errors.js';
import { createEmptyDatabase, type TestDatabase } from './test-database.suite.js';

describe('Database', () => {
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    test = await createEmptyDatabase();
    database = test.open(test.ownerUrl, 'own');
    await database.query(`create schema own`);
    await database.query(`create table own.thing (id int constraint thing_id primary key, name text)`);
  });

  beforeEach(async () => {
    await database.query(`delete from thing`);
  });

  afterAll(async () => {
    await test.drop();
  });

  const backendOf = async (q: { query: Database['query'] }) =>
    (await q.query<{ pid: number }>(`select pg_backend_pid() as pid`))[0]?.pid;
  const terminate = (pid: number | undefined) =>
    test.open(test.ownerUrl, 'own').query(`select pg_terminate_backend($1)`, [pid]);
  const isAlive = async (pid: number | undefined) =>
    (await database.query(`select pid from pg_stat_activity where pid = $1`, [pid])).length > 0;
  const names = async () =>
    (await database.query<{ name: string }>(`select name from thing order by id`)).map((r) => r.name);

  it('gives int8 as numbers, timestamptz as Dates, json parsed, bytea as Buffers, dates as text', async () => {
    const rows = await database.query(
      `select 9007199254740991::int8 as big, '2026-01-02T03:04:05.678Z'::timestamptz as at, '{"a":[1]}'::json as j,
              '[2]'::jsonb as b, '\\x00ff'::bytea as bytes, '2026-01-02'::date as day, count(*) as n from thing`,
    );
    expect(rows).toEqual([
      {
        big: Number.MAX_SAFE_INTEGER,
        at: new Date('2026-01-02T03:04:05.678Z'),
        j: { a: [1] },
        b: [2],
        bytes: Buffer.from([0, 255]),
        day: '2026-01-02',
        n: 0,
      },
    ]);
  });

  it('refuses an int8 that a number cannot hold', async () => {
    await expect(database.query(`select 9007199254740993::int8 as big`)).rejects.toMatchObject({ kind: 'bug' });
    expect(await database.query(`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  it('runs a prepared statement with other parameters each time', async () => {
    const statement = { name: 'double', text: `select $1::int * 2 as twice` };
    expect(await database.prepared(statement, [2])).toEqual([{ twice: 4 }]);
    expect(await database.prepared(statement, [21])).toEqual([{ twice: 42 }]);
  });

  it('commits what a transaction wrote, then tells who waits for it', async () => {
    const seen: string[] = [];
    const result = await database.transaction(async (tx) => {
      tx.afterCommit(() => seen.push('told'));
      await tx.query(`insert into thing values (1, 'kept')`);
      expect(seen).toEqual([]);
      return 'done';
    });
    expect([result, seen, await names()]).toEqual(['done', ['told'], ['kept']]);
  });

  it('rolls back when the work throws, keeps its error, and tells nobody', async () => {
    const seen: string[] = [];
    const failed = database.transaction(async (tx) => {
      tx.afterCommit(() => seen.push('told'));
      await tx.query(`insert into thing values (1, 'lost')`);
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect([seen, await names()]).toEqual([[], []]);
  });

  it('refuses to report success for a transaction in which a failed statement was swallowed', async () => {
    const failed = database.transaction(async (tx) => {
      await tx.query(`insert into thing values (1, 'lost')`);
      await tx.query(`select nonsense`).catch(() => undefined);
    });
    await expect(failed).rejects.toMatchObject({ kind: 'bug' });
    expect(await names()).toEqual([]);
  });

  it('refuses a statement after its transaction has ended', async () => {
    const tx = await database.transaction(async (open) => open);
    await expect(tx.query(`select 1`)).rejects.toMatchObject({ kind: 'bug' });
  });

  it('tells a violated unique constraint by its name', async () => {
    await database.query(`insert into thing values (1, 'first')`);
    const error: unknown = await database.query(`insert into thing values (1, 'second')`).catch((e: unknown) => e);
    expect([isUniqueViolation(error), isUniqueViolation(error, 'thing_id'), isUniqueViolation(error, 'other')]).toEqual(
      [true, true, false],
    );
    expect(isUniqueViolation(new Error('duplicate key'))).toBe(false);
  });

  it('survives connections lost while idle', async () => {
    const pid = await backendOf(database);
    await terminate(pid);
    await expect
      .poll(() => database.query(`select 1 as one`).catch(() => null), { timeout: 10_000 })
      .toEqual([{ one: 1 }]);
  });

  it('says unavailable when the connection is lost between two statements of a transaction', async () => {
    const failed = database.transaction(async (tx) => {
      await tx.query(`insert into thing values (1, 'lost')`);
      const pid = await backendOf(tx);
      await terminate(pid);
      // The loss is noticed while no statement waits for an answer.
      await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
      await tx.query(`insert into thing values (2, 'lost')`);
    });
    await expect(failed).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 1 });
    expect(await names()).toEqual([]);
  });

  it('says unavailable, with the cause, when nothing listens at the address', async () => {
    const away = test.open('postgres://postgres:x@127.0.0.1:1/postgres', 'own');
    const refused = { kind: 'unavailable', retryAfterSeconds: 1, cause: { code: 'ECONNREFUSED' } };
    await expect(away.query(`select 1`)).rejects.toMatchObject(refused);
    await expect(away.prepared({ name: 'one', text: `select 1` })).rejects.toMatchObject(refused);
    await expect(away.transaction(async () => undefined)).rejects.toMatchObject(refused);
  });

  it('says unavailable when the address accepts and never answers', async () => {
    const silent = await listening(createServer());
    const url = `postgres://postgres:x@127.0.0.1:${silent.port}/postgres`;
    const stuck = Database.open({ url, applicationName: 'spec', schema: 'own', connectTimeoutMs: 50 });
    await expect(stuck.query(`select 1`)).rejects.toMatchObject({ kind: 'unavailable' });
    silent.server.close();
  });

  it('says unavailable when a statement takes longer than it may', async () => {
    const url = test.ownerUrl;
    const hasty = Database.open({ url, applicationName: 'spec', schema: 'own', statementTimeoutMs: 50, poolSize: 1 });
    await expect(hasty.query(`select pg_sleep(5)`)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(hasty.transaction((tx) => tx.query(`select pg_sleep(5)`))).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(await hasty.query(`select 1 as one`)).toEqual([{ one: 1 }]);
    await hasty.close();
  });

  it('says unavailable when every connection of the pool stays busy', async () => {
    const small = Database.open({
      url: test.ownerUrl,
      applicationName: 'spec',
      schema: 'own',
      poolSize: 1,
      connectTimeoutMs: 1_000,
    });
    await small.transaction(async () => {
      await expect(small.query(`select 1`)).rejects.toMatchObject({ kind: 'unavailable' });
    });
    await small.close();
  });

  it('says unavailable once closed', async () => {
    const closed = Database.open({ url: test.ownerUrl, applicationName: 'spec', schema: 'own' });
    await closed.close();
    await expect(closed.query(`select 1`)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('passes on the error of a wrong statement as it is', async () => {
    await expect(database.query(`select nonsense`)).rejects.toMatchObject({ code: '42703' });
  });

  it.each(['Own', 'own, public', 'x;y', ''])('refuses "%s" as a schema', (schema) => {
    expect(() => Database.open({ url: test.ownerUrl, applicationName: 'spec', schema })).toThrow(/not a name/);
  });
});

async function listening(server: Server): Promise<{ server: Server; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}
