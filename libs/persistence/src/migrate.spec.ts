import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, type MigrateOptions } from './migrate.js';
import type { MigrationSource } from './migration-source.js';
import { createEmptyDatabase, type TestDatabase } from './test-database.suite.js';

const things: MigrationSource = {
  name: 'Things1700000000100',
  up: [
    `create table thing (id bigserial primary key, account text not null)`,
    `create sequence version_seq`,
    `insert into thing (account) values ('default')`,
  ],
  down: [`drop table thing`, `drop sequence version_seq`],
};

describe('migrate', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createEmptyDatabase();
  });

  afterAll(async () => {
    await database.drop();
  });

  function optionsOf(service: string, changed: Partial<MigrateOptions> = {}): MigrateOptions & { serviceUrl: string } {
    const serviceUrl = database.urlOf(`${service}_${database.suffix}`, `secret of ${service} %/@`);
    return { ownerUrl: database.ownerUrl, serviceUrl, schema: service, migrations: [things], ...changed };
  }

  it('sets up an empty database for four services at once, two callers each', async () => {
    const services = ['identity', 'policy', 'registry', 'audit'];
    await Promise.all([...services, ...services].map((service) => migrate(optionsOf(service))));
    for (const service of services) {
      const rows = await database.open(optionsOf(service).serviceUrl, service).query(`select id, account from thing`);
      expect(rows).toEqual([{ id: 1, account: 'default' }]);
    }
  });

  it('creates the roles of several databases of one server at once', async () => {
    const others = await Promise.all([createEmptyDatabase(), createEmptyDatabase(), createEmptyDatabase()]);
    const login = `shared_${database.suffix}`;
    const migrateOne = (d: TestDatabase) =>
      migrate({ ownerUrl: d.ownerUrl, serviceUrl: d.urlOf(login, 'pw'), schema: 'policy', migrations: [things] });
    await Promise.all([...others, ...others].map(migrateOne));
    for (const other of others) {
      const rows = await other.open(other.urlOf(login, 'pw'), 'policy').query(`select id from thing`);
      expect(rows).toHaveLength(1);
      await other.drop();
    }
  });

  it('runs a migration once, a new one later, and takes over a changed password', async () => {
    await migrate(optionsOf('again'));
    await migrate(optionsOf('again'));
    const more: MigrationSource = { name: 'More1700000000200', up: [`create table more (id int)`], down: [] };
    const serviceUrl = database.urlOf(`again_${database.suffix}`, 'new password');
    await migrate(optionsOf('again', { serviceUrl, migrations: [things, more] }));
    const service = database.open(serviceUrl, 'again');
    expect(await service.query(`select id from thing`)).toHaveLength(1);
    expect(await service.query(`select id from more`)).toEqual([]);
    await expect(database.open(optionsOf('again').serviceUrl, 'again').query(`select 1`)).rejects.toMatchObject({
      code: '28P01',
    });
  });

  it('leaves nothing of a migration that fails, and runs it when it is mended', async () => {
    const broken = { ...things, up: [...things.up, `select nonsense`] };
    await expect(migrate(optionsOf('mended', { migrations: [broken] }))).rejects.toMatchObject({ code: '42703' });
    await migrate(optionsOf('mended'));
    const rows = await database.open(optionsOf('mended').serviceUrl, 'mended').query(`select id from thing`);
    expect(rows).toHaveLength(1);
  });

  it.each([
    ['create a table', `create table mine (id int)`],
    ['alter a table', `alter table limited.thing add column x int`],
    ['drop a table', `drop table limited.thing`],
    ['truncate a table', `truncate limited.thing`],
    ['create a schema', `create schema mine`],
    ['create a table in public', `create table public.mine (id int)`],
    ['create a role', `create role mine`],
    ['reset the version sequence', `select setval('limited.version_seq', 1)`],
    ['change the list of migrations', `delete from limited.migration`],
    ['read rows of another service', `select id from neighbour.thing`],
    ['write rows of another service', `insert into neighbour.thing (account) values ('x')`],
    ['draw numbers of another service', `select nextval('neighbour.version_seq')`],
  ])("refuses a service's login to %s", async (_what, statement) => {
    await migrate(optionsOf('limited'));
    await migrate(optionsOf('neighbour'));
    const service = database.open(optionsOf('limited').serviceUrl, 'limited');
    await expect(service.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it("gives a service's login the rows of its tables and the next numbers of its sequences", async () => {
    await migrate(optionsOf('rows'));
    const service = database.open(optionsOf('rows').serviceUrl, 'rows');
    await service.query(`insert into thing (account) values ($1)`, ['other']);
    await service.query(`update thing set account = $1 where account = $2`, ['third', 'other']);
    await service.query(`delete from thing where account = $1`, ['default']);
    expect(await service.query(`select account, nextval('version_seq') as version from thing`)).toEqual([
      { account: 'third', version: 1 },
    ]);
  });

  it('refuses a role that has more rights than a service may have', async () => {
    const owner = database.open(database.ownerUrl, 'public');
    await owner.query(`create role strong_${database.suffix} login createrole`);
    await expect(migrate(optionsOf('strong'))).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('refuses the schema of somebody else, whose tables the service could alter', async () => {
    const owner = database.open(database.ownerUrl, 'public');
    await owner.query(`create role taken_${database.suffix} login`);
    await owner.query(`create schema taken authorization taken_${database.suffix}`);
    await expect(migrate(optionsOf('taken'))).rejects.toMatchObject({ kind: 'conflict' });
  });

  it.each([
    ['no password', 'postgres://someone@localhost/x'],
    ['no database', 'postgres://someone:pw@localhost'],
    ['another database', 'postgres://someone:pw@localhost/elsewhere'],
    ['a role that needs quoting', 'postgres://some"one:pw@localhost/x'],
    ['no URL', 'localhost'],
  ])('refuses the URL of a service login with %s', async (_what, serviceUrl) => {
    await expect(migrate(optionsOf('url', { serviceUrl }))).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('says unavailable when Postgres is not there', async () => {
    const ownerUrl = 'postgres://postgres:x@127.0.0.1:1/postgres';
    await expect(migrate(optionsOf('away', { ownerUrl }))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('sends no password in a statement', async () => {
    const owner = database.open(database.ownerUrl, 'public');
    await migrate(optionsOf('silent'));
    const rows = await owner.query<{ rolpassword: string }>(
      `select rolpassword from pg_authid where rolname = 'silent_${database.suffix}'`,
    );
    expect(rows[0]?.rolpassword).toMatch(/^SCRAM-SHA-256\$4096:/);
  });
});
