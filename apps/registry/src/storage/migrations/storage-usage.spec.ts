import { Database, migrate } from '@berth/persistence';
import { createTestDatabase } from '@berth/testing';
import { describe, expect, it } from 'vitest';
import { counted, recounted } from '../../storage-quota.suite.js';
import { migrations } from './index.js';
import { storageUsage } from './storage-usage.js';

const [account, registryId, otherAccount, otherRegistryId] = [1, 2, 3, 4].map(
  (n) => `01900000-0000-7000-8000-00000000000${n}`,
);

/** Repositories of two namespaces that share blobs, an empty one, one that is deleted, and one of another account. */
const stored = [
  ...['a', 'b'].flatMap((digest, n) => [
    `insert into blob (account, digest, key, size_bytes, created_at)
     values ('${account}', '${digest}', 'key-${digest}', ${10 ** (n + 1)}, now())`,
    `insert into blob (account, digest, key, size_bytes, created_at)
     values ('${otherAccount}', '${digest}', 'other-${digest}', ${10 ** (n + 1)}, now())`,
  ]),
  ...['one/a', 'one/b', 'two', 'empty', null].map(
    (name, n) => `insert into repository (id, account, registry_id, name, created_at, detached_at)
      values ('${idOf(n)}', '${account}', '${registryId}', ${name === null ? 'null, now(), now()' : `'${name}', now(), null`})`,
  ),
  `insert into repository (id, account, registry_id, name, created_at)
   values ('${idOf(9)}', '${otherAccount}', '${otherRegistryId}', 'one/a', now())`,
  ...[
    [0, 'a'],
    [1, 'a'],
    [1, 'b'],
    [2, 'b'],
    [4, 'a'],
    [9, 'a'],
  ].map(
    ([n, digest]) => `insert into repository_blob (repository_id, digest, account, linked_at)
      select id, '${digest}', account, now() from repository where id = '${idOf(Number(n))}'`,
  ),
  ...[0, 2, 4].map(
    (n) => `insert into manifest (repository_id, digest, account, media_type, content, depth, pushed_by, pushed_at)
      values ('${idOf(n)}', 'm', '${account}', 'x', 'manifest', 0, 'token:a', now())`,
  ),
];

function idOf(n: number): string {
  return `01900000-0000-7000-8000-0000000000a${n}`;
}

describe('the migration that begins to count', () => {
  it('E12 counts what is there already, and of what is being deleted nothing', async () => {
    const database = await createTestDatabase();
    const serviceUrl = database.urlFor('registry_usage_migration');
    const options = { ownerUrl: database.url, serviceUrl, schema: 'registry' };
    await migrate({ ...options, migrations: migrations.slice(0, migrations.indexOf(storageUsage)) });
    const db = Database.open({ url: serviceUrl, applicationName: 'usage-migration-spec', schema: 'registry' });
    for (const statement of stored) await db.query(statement);
    await migrate({ ...options, migrations });
    const places = await db.query(
      `select registry_id, namespace, account, used_bytes from storage_usage order by registry_id, namespace`,
    );
    const here = { registry_id: registryId, account };
    const there = { registry_id: otherRegistryId, account: otherAccount };
    expect(places).toEqual([
      { ...here, namespace: '', used_bytes: 10 + 100 + 16 },
      { ...here, namespace: 'empty', used_bytes: 0 },
      { ...here, namespace: 'one', used_bytes: 10 + 100 + 8 },
      { ...here, namespace: 'two', used_bytes: 100 + 8 },
      { ...there, namespace: '', used_bytes: 10 },
      { ...there, namespace: 'one', used_bytes: 10 },
    ]);
    await db.query(`delete from manifest where repository_id in ('${idOf(4)}', '${idOf(9)}')`);
    await db.query(`delete from repository_blob where repository_id in ('${idOf(4)}', '${idOf(9)}')`);
    await db.query(`delete from storage_usage where registry_id = $1`, [otherRegistryId]);
    expect(await counted({ db })).toEqual(await recounted({ db }));
    await db.close();
    await database.drop();
  });
});
