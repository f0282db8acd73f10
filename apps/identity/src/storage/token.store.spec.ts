import { createTestDatabase } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import type { RepositoryToken } from '../repository-token.js';
import { anyToken } from '../token-filter.js';
import { createIdentityDatabase, type IdentityDatabase } from './identity-database.suite.js';
import { PostgresTokenStore } from './token.store.js';

const account = uuidv7();
const otherAccount = uuidv7();
const nowMs = Date.UTC(2026, 0, 1);

function token(change: Partial<RepositoryToken> = {}): RepositoryToken {
  return {
    id: uuidv7(),
    account,
    registryId: uuidv7(),
    name: 'device-1',
    scopeMapId: uuidv7(),
    status: 'enabled',
    expiresAtMs: null,
    labels: { site: 'Köln' },
    owner: null,
    isPersonal: false,
    version: 1,
    createdAtMs: nowMs,
    changedAtMs: nowMs,
    passwords: [],
    ...change,
  };
}

const password = (slot: 1 | 2) => ({
  slot,
  sha256: Buffer.alloc(32, slot),
  version: slot,
  createdAtMs: nowMs,
  expiresAtMs: slot === 2 ? nowMs + 5 : null,
});

describe('PostgresTokenStore', () => {
  let database: IdentityDatabase;
  const store = new PostgresTokenStore();

  beforeAll(async () => {
    database = await createIdentityDatabase(await createTestDatabase());
  });
  afterAll(() => database.drop());

  const insert = (value: RepositoryToken) => database.db.transaction((tx) => store.insert(tx, value));

  it('gives back what was stored, passwords by slot', async () => {
    const stored = token({ expiresAtMs: nowMs + 1234 });
    await insert(stored);
    await database.db.transaction(async (tx) => {
      await store.putPassword(tx, stored, password(2));
      await store.putPassword(tx, stored, password(1));
    });
    expect(await store.find(database.db, account, stored)).toEqual({
      ...stored,
      passwords: [password(1), password(2)],
    });
  });

  it('finds nothing for another account', async () => {
    const stored = token();
    await insert(stored);
    expect(await store.find(database.db, otherAccount, stored)).toBeNull();
    expect(await database.db.transaction((tx) => store.lock(tx, otherAccount, stored))).toBeNull();
    expect(
      await store.page(database.db, otherAccount, {
        registryId: stored.registryId,
        after: null,
        limit: 9,
        filter: anyToken,
      }),
    ).toEqual([]);
  });

  it('stores no second token of a name in a registry, and one in another registry', async () => {
    const stored = token();
    expect(await insert(stored)).toBe(true);
    expect(await insert(token({ registryId: stored.registryId }))).toBe(false);
    expect(await insert(token())).toBe(true);
  });

  it('replaces and deletes a password without touching the other', async () => {
    const stored = token();
    await insert(stored);
    const newer = { ...password(1), sha256: Buffer.alloc(32, 9), version: 8 };
    await database.db.transaction(async (tx) => {
      await store.putPassword(tx, stored, password(1));
      await store.putPassword(tx, stored, password(2));
      await store.putPassword(tx, stored, newer);
      await store.deletePassword(tx, stored, 2);
    });
    expect((await store.find(database.db, account, stored))?.passwords).toEqual([newer]);
  });

  it('deletes a token with its passwords, and its name is free again', async () => {
    const stored = token();
    await insert(stored);
    await database.db.transaction(async (tx) => {
      await store.putPassword(tx, stored, password(1));
      await store.delete(tx, stored);
    });
    expect(await store.find(database.db, account, stored)).toBeNull();
    expect(await insert(token({ registryId: stored.registryId }))).toBe(true);
  });

  it('updates everything but the identity', async () => {
    const stored = token();
    await insert(stored);
    const changed = {
      ...stored,
      scopeMapId: uuidv7(),
      status: 'disabled' as const,
      expiresAtMs: nowMs + 9,
      labels: {},
      owner: null,
      version: 2,
      changedAtMs: nowMs + 1,
    };
    await database.db.transaction((tx) => store.update(tx, changed));
    expect(await store.find(database.db, account, stored)).toEqual(changed);
  });

  it('pages by name, in the order of bytes', async () => {
    const registryId = uuidv7();
    for (const name of ['b-token', 'B-token', 'a-token', '_-token']) await insert(token({ registryId, name }));
    const page = (after: string | null, limit: number) =>
      store.page(database.db, account, { registryId, after, limit, filter: anyToken });
    expect((await page(null, 3)).map(({ name }) => name)).toEqual(['B-token', '_-token', 'a-token']);
    expect((await page('a-token', 3)).map(({ name }) => name)).toEqual(['b-token']);
  });

  it('counts the tokens of a scope map', async () => {
    const scopeMapId = uuidv7();
    await insert(token({ scopeMapId }));
    await insert(token({ scopeMapId, account: otherAccount }));
    expect(await store.countOfScopeMap(database.db, scopeMapId)).toBe(2);
    expect(await store.countOfScopeMap(database.db, uuidv7())).toBe(0);
  });

  it('holds a second lock back until the first transaction ends', async () => {
    const stored = token();
    await insert(stored);
    let second: Promise<string> | undefined;
    const order: string[] = [];
    await database.db.transaction(async (tx) => {
      await store.lock(tx, account, stored);
      second = database.db.transaction(async (other) => {
        const seen = await store.lock(other, account, stored);
        order.push('second');
        return seen?.status ?? 'gone';
      });
      await store.update(tx, { ...stored, status: 'disabled', version: 2 });
      order.push('first');
    });
    expect(await second).toBe('disabled');
    expect(order).toEqual(['first', 'second']);
  });
});
