import { connect } from 'node:net';
import { once } from 'node:events';
import { Database } from '@berth/persistence';
import { describe, expect, inject, it } from 'vitest';
import { createTestDatabase } from './test-database.js';

const open = (url: string) => Database.open({ url, applicationName: 'spec', schema: 'public', poolSize: 1 });

describe('createTestDatabase', () => {
  it('gives each spec an empty database of its own, and removes it with its connections', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    const [first, second] = [open(one.url), open(two.url)];
    await first.query('CREATE TABLE only_here (id int)');
    const tables = (database: Database) => database.query(`SELECT to_regclass('only_here') IS NULL AS missing`);
    expect(await tables(first)).toEqual([{ missing: false }]);
    expect(await tables(second)).toEqual([{ missing: true }]);
    await Promise.all([one.drop(), two.drop()]);
    await expect(first.query('SELECT 1')).rejects.toThrow();
    await Promise.all([first.close(), second.close()]);
  });

  it('names the same database for another login', async () => {
    const database = await createTestDatabase();
    const url = new URL(database.urlFor('berth_policy', 'a-password'));
    expect(url.username).toBe('berth_policy');
    expect(url.password).toBe('a-password');
    expect(url.pathname).toBe(new URL(database.url).pathname);
    await database.drop();
  });
});

describe('the servers of a test run', () => {
  it("serve on this machine's loopback address", async () => {
    const [host = '', port] = inject('kafkaBrokers').split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    socket.destroy();
    expect([host, new URL(inject('postgresUrl')).hostname]).toEqual(['127.0.0.1', '127.0.0.1']);
  });
});
