import { randomUUID } from 'node:crypto';
import { Database } from '@berth/persistence';
import { inject } from 'vitest';
import './provided-context.js';

/** An empty database of one spec. */
export interface TestDatabase {
  /** The owner's URL. */
  readonly url: string;
  /** The same database for another login, which need not exist yet. */
  urlFor(role: string, password?: string): string;
  /** Ends its connections and removes it. */
  drop(): Promise<void>;
}

/** Makes an empty database on the run's Postgres; takes about 50 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await runOnServer(server, `CREATE DATABASE ${name} STRATEGY file_copy`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    urlFor: (role, password = 'password-of-a-spec') => {
      const other = new URL(url);
      other.username = role;
      other.password = password;
      return other.href;
    },
    drop: () => runOnServer(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function runOnServer(url: string, statement: string): Promise<void> {
  const database = Database.open({ url, applicationName: 'berth-testing', schema: 'public', poolSize: 1 });
  try {
    await database.query(statement);
  } finally {
    await database.close();
  }
}
