import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { Database } from './database.js';

/** An empty database of its own on the Postgres of the test run, for specs of this library. */
export interface TestDatabase {
  readonly ownerUrl: string;
  /** Unique to this database; for roles, which the whole server shares. */
  readonly suffix: string;
  urlOf(role: string, password: string): string;
  /** Opens connections that `drop` closes. */
  open(url: string, schema: string): Database;
  drop(): Promise<void>;
}

export async function createEmptyDatabase(): Promise<TestDatabase> {
  const suffix = randomBytes(4).toString('hex');
  const name = `persistence_${suffix}`;
  const admin = Database.open({
    url: inject('postgresUrl'),
    applicationName: 'spec-admin',
    schema: 'public',
    poolSize: 1,
  });
  await admin.query(`create database ${name} strategy file_copy`);
  const opened: Database[] = [];
  const withPath = (change: (url: URL) => void) => {
    const url = new URL(inject('postgresUrl'));
    url.pathname = `/${name}`;
    change(url);
    return url.href;
  };
  return {
    ownerUrl: withPath(() => undefined),
    suffix,
    urlOf: (role, password) =>
      withPath((url) => {
        url.username = role;
        url.password = encodeURIComponent(password);
      }),
    open: (url, schema) => {
      const database = Database.open({ url, applicationName: 'spec', schema });
      opened.push(database);
      return database;
    },
    drop: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await admin.query(`drop database ${name} with (force)`);
      for (const { rolname } of await admin.query<{ rolname: string }>(
        `select rolname from pg_roles where rolname like '%' || $1`,
        [suffix],
      )) {
        await admin.query(`drop role ${rolname}`);
      }
      await admin.close();
    },
  };
}
