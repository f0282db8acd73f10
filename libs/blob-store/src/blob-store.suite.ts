import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BlobKey } from './blob-key.js';
import type { BlobStore } from './blob-store.js';
import { breaking, chunksOf, newKey, readAll } from './contents.suite.js';
import { describeGrowingContent } from './growing-content.suite.js';
import { describePresigning } from './presigning.suite.js';

/** What every driver must do; each driver's spec runs it with its own store. */
export function describeBlobStore(driver: string, makeStore: () => Promise<BlobStore>): void {
  describeGrowingContent(driver, makeStore);
  describePresigning(driver, makeStore);

  async function storeWith(content: Buffer): Promise<{ store: BlobStore; key: BlobKey }> {
    const store = await makeStore();
    const key = newKey();
    await store.create(key);
    await store.append(key, { offset: 0, source: chunksOf(content) });
    return { store, key };
  }

  describe(`blob store: ${driver}`, () => {
    it('gives back what was appended, whole, streamed and by range', async () => {
      const content = randomBytes(600_000);
      const { store, key } = await storeWith(content);
      expect(await store.size(key)).toBe(600_000);
      expect((await store.read(key, 600_000)).equals(content)).toBe(true);
      expect((await readAll(await store.open(key))).equals(content)).toBe(true);
      const range = { start: 299_999, end: 300_001 };
      expect((await readAll(await store.open(key, range))).equals(content.subarray(299_999, 300_002))).toBe(true);
    });

    it('holds an empty content', async () => {
      const { store, key } = await storeWith(Buffer.alloc(0));
      expect(await store.size(key)).toBe(0);
      expect(await store.read(key, 0)).toHaveLength(0);
      expect(await readAll(await store.open(key))).toHaveLength(0);
    });

    it('refuses to make a key twice', async () => {
      const { store, key } = await storeWith(Buffer.from('first'));
      await expect(store.create(key)).rejects.toMatchObject({ kind: 'conflict' });
      expect((await store.read(key, 5)).toString()).toBe('first');
    });

    it('continues behind the offset in a second append', async () => {
      const { store, key } = await storeWith(Buffer.from('one '));
      expect(await store.append(key, { offset: 4, source: chunksOf(Buffer.from('two')) })).toBe(7);
      expect((await store.read(key, 7)).toString()).toBe('one two');
    });

    it('passes on what the source throws and overwrites what it left behind', async () => {
      const { store, key } = await storeWith(Buffer.from('one '));
      const broken = new Error('connection lost');
      await expect(
        store.append(key, { offset: 4, source: breaking(Buffer.from('a longer tail'), broken) }),
      ).rejects.toBe(broken);
      expect(await store.append(key, { offset: 4, source: chunksOf(Buffer.from('two')) })).toBe(7);
      expect(await store.size(key)).toBe(7);
      expect((await store.read(key, 7)).toString()).toBe('one two');
    });

    it('refuses to continue behind bytes that are not there', async () => {
      const { store, key } = await storeWith(Buffer.from('one'));
      await expect(store.append(key, { offset: 4, source: chunksOf(Buffer.from('x')) })).rejects.toMatchObject({
        kind: 'unavailable',
        code: 'blob-store-failed',
      });
    });

    it('says that bytes are missing instead of answering fewer', async () => {
      const { store, key } = await storeWith(Buffer.from('one'));
      await expect(store.read(key, 4)).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(store.open(newKey())).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(store.read(newKey(), 1)).rejects.toMatchObject({ kind: 'unavailable' });
    });

    it('gives an open content back whole after it was deleted, and can be closed unread', async () => {
      const content = randomBytes(300_000);
      const { store, key } = await storeWith(content);
      await store.seal(key, content.length);
      const [opened, unread] = [await store.open(key), await store.open(key)];
      unread.close();
      unread.close();
      await store.delete(key);
      expect((await readAll(opened)).equals(content)).toBe(true);
    });

    it('forgets what was deleted, and deletes twice', async () => {
      const { store, key } = await storeWith(Buffer.from('gone'));
      await store.delete(key);
      await store.delete(key);
      expect(await store.size(key)).toBeNull();
    });

    it('asks the source for the next chunk only when the one before is written', async () => {
      const store = await makeStore();
      const key = newKey();
      await store.create(key);
      let asked = 0;
      async function* counted(): AsyncIterable<Uint8Array> {
        for (; asked < 50; asked++) {
          expect((await store.size(key)) ?? -1).toBeGreaterThanOrEqual(0);
          yield Buffer.alloc(1000, asked);
        }
      }
      expect(await store.append(key, { offset: 0, source: counted() })).toBe(50_000);
      expect(asked).toBe(50);
    });
  });
}
