import { createTestDatabase } from '@berth/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialKey } from '../credential.js';
import type { RepositoryToken } from '../repository-token.js';
import { PostgresCredentialStore } from './credential.store.js';
import { createIdentityDatabase, type IdentityDatabase } from './identity-database.suite.js';
import { PostgresTokenStore } from './token.store.js';

const registryId = uuidv7();
const alone = { version: 5, ownerVersion: null };
const atStart = { definitions: 0, deletions: 0 };

describe('PostgresCredentialStore', () => {
  let database: IdentityDatabase;
  let store: PostgresCredentialStore;
  let stored: RepositoryToken;
  const tokens = new PostgresTokenStore();

  beforeAll(async () => {
    database = await createIdentityDatabase(await createTestDatabase());
    store = new PostgresCredentialStore(database.db);
    stored = {
      id: uuidv7(),
      account: uuidv7(),
      registryId,
      name: 'device-1',
      scopeMapId: uuidv7(),
      status: 'enabled',
      expiresAtMs: null,
      labels: {},
      owner: null,
      isPersonal: false,
      version: 5,
      createdAtMs: 0,
      changedAtMs: 0,
      passwords: [{ slot: 1, sha256: Buffer.alloc(32, 1), version: 4, createdAtMs: 0, expiresAtMs: null }],
    };
    await database.db.transaction(async (tx) => {
      await tokens.insert(tx, stored);
      for (const password of stored.passwords) await tokens.putPassword(tx, stored, password);
    });
  });
  afterAll(() => database.drop());

  it('tells versions by id, and nothing of a token that is gone', async () => {
    const { epochs, versions } = await store.versions([stored.id, uuidv7()]);
    expect({ epochs, versions: [...versions] }).toEqual({ epochs: atStart, versions: [[stored.id, alone]] });
  });

  it('answers with the epochs even if no token is known', async () => {
    expect(await store.versions([uuidv7()])).toEqual({ epochs: atStart, versions: new Map() });
    expect(await store.read([{ registryId, name: 'nobody' }])).toEqual({ epochs: atStart, tokens: new Map() });
    expect(await store.epochs()).toEqual(atStart);
  });

  it('tells how far each copy is, and the one from the other', async () => {
    const set = `update followed_epoch set epoch = case owner when 'policy' then $1 when 'registry' then $2 else 99 end`;
    await database.db.query(set, [7, 3]);
    const epochs = { definitions: 7, deletions: 3 };
    expect(await store.epochs()).toEqual(epochs);
    expect(await store.versions([stored.id])).toMatchObject({ epochs });
    expect(await store.read([{ registryId, name: 'device-1' }])).toMatchObject({ epochs });
    await database.db.query(set.replaceAll('99', '0'), [0, 0]);
  });

  it('reads several tokens with their passwords at once, the same one only once', async () => {
    const key = { registryId, name: 'device-1' };
    const { tokens: read } = await store.read([key, key, { registryId, name: 'nobody' }]);
    expect([...read]).toEqual([[credentialKey(key), { ...stored, ownerNow: null }]]);
  });

  it('does not find a token in another registry', async () => {
    expect((await store.read([{ registryId: uuidv7(), name: 'device-1' }])).tokens.size).toBe(0);
  });
});
