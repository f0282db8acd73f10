import { randomUUID } from 'node:crypto';
import { installation } from '@berth/contracts';
import { Outbox } from '@berth/messaging';
import { Database, migrate } from '@berth/persistence';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresAccountStore } from './storage/account.store.js';
import { migrations } from './storage/migrations/index.js';
import { PostgresRegistryStore } from './storage/registry.store.js';
import { PostgresRoleAssignmentStore } from './storage/role-assignment.store.js';
import { BootstrapInstallation } from './bootstrap-installation/bootstrap-installation.js';
import { FirstDefinitions } from './bootstrap-installation/first-definitions.js';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  const serviceUrl = database.urlFor(`policy_${randomUUID().slice(0, 8)}`);
  await migrate({ ownerUrl: database.url, serviceUrl, schema: 'policy', migrations });
  db = Database.open({ url: serviceUrl, applicationName: 'bootstrap-spec', schema: 'policy' });
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

function replica(instance: string): BootstrapInstallation {
  const first = new FirstDefinitions(new Outbox({ service: 'policy', instance, clock: Date.now }), Date.now);
  const stores = [new PostgresAccountStore(), new PostgresRegistryStore(), new PostgresRoleAssignmentStore()] as const;
  return new BootstrapInstallation(db, ...stores, first);
}

describe('the start of an installation', () => {
  it('is done once by eight replicas that start at once, and not again by a later start', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, i) => replica(`policy-${i}`).execute()));
    await replica('policy-1').execute();
    const told = await db.query<{ key: string }>('select key from outbox order by id');
    expect(told.map(({ key }) => key)).toEqual([
      `account:${installation.accountId}`,
      `registry:${installation.registryId}`,
      `role-assignment:${installation.ownerAssignmentId}`,
    ]);
    expect(await db.query('select id, name from registry')).toEqual([{ id: installation.registryId, name: 'local' }]);
  });
});
