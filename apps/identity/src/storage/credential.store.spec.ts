import { createTestDatabase } from '@berth/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialKey } from '../credential.js';
import type { RepositoryToken } from '../repository-token.js';
import { PostgresCredentialStore } from './credential.store.js';
import { createIdentityDatabase, type IdentityDatabase } from './identity-database.suite.js';
import { PostgresTokenStore } from './token.store.js';

const registryId = uuidv7();

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
    const { epoch, versions } = await store.versions([stored.id, uuidv7()]);
    expect({ epoch, versions: [...versions] }).toEqual({ epoch: 0, versions: [[stored.id, 5]] });
  });

  it('answers with the epoch even if no token is known', async () => {
    expect(await store.versions([uuidv7()])).toEqual({ epoch: 0, versions: new Map() });
    expect(await store.read([{ registryId, name: 'nobody' }])).toEqual({ epoch: 0, tokens: new Map() });
  });

  it('reads several tokens with their passwords at once, the same one only once', async () => {
    const key = { registryId, name: 'device-1' };
    const { tokens: read } = await store.read([key, key, { registryId, name: 'nobody' }]);
    expect([...read]).toEqual([[credentialKey(key), stored]]);
  });

  it('does not find a token in another registry', async () => {
    expect((await store.read([{ registryId: uuidv7(), name: 'device-1' }])).tokens.size).toBe(0);
  });
});
