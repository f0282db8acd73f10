import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Database } from '@berth/persistence';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPostgres, type PostgresOptions } from './postgres.js';
import { processStart } from './process-identity.js';
import { tempDir } from './temp-dir.suite.js';

async function start(options: PostgresOptions) {
  const server = await startPostgres(options);
  onTestFinished(() => server.kill());
  return server;
}

async function ask<Row extends object>(url: string, ...statements: string[]): Promise<Row[]> {
  const database = Database.open({ url, applicationName: 'spec', schema: 'public', poolSize: 1 });
  let rows: Row[] = [];
  for (const statement of statements) rows = await database.query<Row>(statement);
  await database.close();
  return rows;
}

describe('startPostgres', () => {
  it('serves below a folder of mode 0700, as whoever runs it, with every promise of a commit kept', async () => {
    const dataDir = await tempDir();
    const server = await start({ dataDir, durability: 'durable' });
    const settings = await ask(
      server.url,
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY name`,
    );
    expect(settings.map((row) => Object.values(row).join('='))).toEqual([
      'fsync=on',
      'full_page_writes=on',
      'synchronous_commit=on',
    ]);
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    expect(statSync(join(dataDir, 'postgres/password')).mode & 0o777).toBe(0o600);
    expect(await refusal(server.url)).toMatch(/password authentication failed/);
  });

  it('keeps what was committed over a stop and over kill -9, under the same address', async () => {
    const dataDir = await tempDir();
    const server = await start({ dataDir, durability: 'durable' });
    const firstPid = server.pid;
    await ask(server.url, 'CREATE TABLE kept (n int)', 'INSERT INTO kept VALUES (1)');
    await server.stop();
    expect([server.pid, processStart(firstPid)]).toEqual([0, null]);
    await server.start();
    await ask(server.url, 'INSERT INTO kept VALUES (2)');
    await server.kill();
    await server.start();
    expect(await ask(server.url, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
    expect(server.pid).not.toBe(firstPid);
  });

  it('starts again while sessions of the killed one are still ending', async () => {
    const server = await start({ dataDir: await tempDir(), durability: 'durable' });
    const database = Database.open({ url: server.url, applicationName: 'spec', schema: 'public' });
    const asleep = Promise.allSettled([1, 2, 3, 4].map(() => database.query('SELECT pg_sleep(30)')));
    await database.query('SELECT 1');
    await server.kill();
    await server.start();
    expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await asleep;
    await database.close();
  });

  it('takes its last port again, or another when somebody else has it', async () => {
    const dataDir = await tempDir();
    const first = await start({ dataDir, durability: 'throw-away' });
    await first.stop();
    const second = await start({ dataDir, durability: 'throw-away' });
    expect(second.port).toBe(first.port);
    await second.stop();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(first.port, '127.0.0.1', resolve));
    const third = await start({ dataDir, durability: 'throw-away' });
    expect(third.port).not.toBe(first.port);
    other.close();
    expect(await ask(third.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('records its process while it runs', async () => {
    const dataDir = await tempDir();
    const server = await start({ dataDir, durability: 'throw-away' });
    const file = join(dataDir, 'run/postgres.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: server.pid, start: processStart(server.pid) });
    await server.stop();
    expect(existsSync(file)).toBe(false);
  });
});

async function refusal(url: string): Promise<string> {
  const wrong = new URL(url);
  wrong.password = 'wrong';
  return ask(wrong.href, 'SELECT 1').then(
    () => 'let in',
    (error: Error) => `${error.message} ${(error.cause as Error | undefined)?.message ?? ''}`,
  );
}
