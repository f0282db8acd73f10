import { Database, migrate } from '@berth/persistence';
import { migrations } from './migrations/index.js';

/** An empty database, as `createTestDatabase()` of `@berth/testing` makes it. */
interface EmptyDatabase {
  readonly url: string;
  urlFor(role: string): string;
  drop(): Promise<void>;
}

/** A database with identity's schema, and identity's own login to it. */
export interface IdentityDatabase {
  readonly db: Database;
  readonly url: string;
  drop(): Promise<void>;
}

/** Makes identity's schema in an empty database. Logins belong to the whole server, so each gets a name of its own. */
export async function createIdentityDatabase(empty: EmptyDatabase): Promise<IdentityDatabase> {
  const url = empty.urlFor(`identity_${empty.url.slice(-12)}`);
  await migrate({ ownerUrl: empty.url, serviceUrl: url, schema: 'identity', migrations });
  const db = Database.open({ url, applicationName: 'berth-identity-spec', schema: 'identity' });
  return {
    db,
    url,
    drop: async () => {
      await db.close();
      await empty.drop();
    },
  };
}
