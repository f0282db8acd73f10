import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BlobKey } from './blob-key.js';
import type { BlobStore } from './blob-store.js';
import { breaking, chunksOf, newKey, readAll } from './contents.suite.js';

const mib = 1024 * 1024;
const failed = { kind: 'unavailable', code: 'blob-store-failed' };

/** How a content grows, is taken over by another writer and is sealed; part of describeBlobStore. */
export function describeGrowingContent(driver: string, makeStore: () => Promise<BlobStore>): void {
  async function grown(store: BlobStore, content: Buffer, ends: readonly number[]): Promise<BlobKey> {
    const key = newKey();
    await store.create(key);
    let offset = 0;
    for (const end of ends) {
      offset = await store.append(key, { offset, source: chunksOf(content.subarray(offset, end)) });
      expect(offset).toBe(end);
    }
    return key;
  }

  async function expectContent(store: BlobStore, key: BlobKey, content: Buffer): Promise<void> {
    expect(await store.size(key)).toBe(content.length);
    expect((await readAll(await store.open(key))).equals(content)).toBe(true);
  }

  describe(`growing content: ${driver}`, () => {
    it('grows by uneven appends, is read before and after it is sealed, whole and across every border', async () => {
      const store = await makeStore();
      const content = randomBytes(12 * mib + 17);
      const key = await grown(store, content, [3, 5 * mib - 1, 5 * mib, 5 * mib + 1, 5 * mib + 1, 10 * mib]);
      expect(await store.append(key, { offset: 10 * mib, source: chunksOf(content.subarray(10 * mib)) })).toBe(
        content.length,
      );
      for (const seal of [false, true]) {
        if (seal) await store.seal(key, content.length);
        await expectContent(store, key, content);
        const range = { start: 5 * mib - 3, end: 10 * mib + 4 };
        const read = await readAll(await store.open(key, range));
        expect(read.equals(content.subarray(range.start, range.end + 1))).toBe(true);
        expect((await store.read(key, 1000)).equals(content.subarray(0, 1000))).toBe(true);
      }
    });

    it.each([0, 7, 5 * mib, 10 * mib])('seals %i bytes, twice without harm', async (size) => {
      const store = await makeStore();
      const content = randomBytes(size);
      const key = await grown(store, content, [size]);
      await store.seal(key, size);
      await store.seal(key, size);
      await expectContent(store, key, content);
      await expect(store.seal(key, size + 1)).rejects.toMatchObject(failed);
      await expect(store.create(key)).rejects.toMatchObject({ kind: 'conflict' });
      await expectContent(store, key, content);
    });

    it('seals nothing but what is there', async () => {
      const store = await makeStore();
      const key = await grown(store, Buffer.from('seven b'), [7]);
      await expect(store.seal(key, 8)).rejects.toMatchObject(failed);
      await expect(store.seal(newKey(), 0)).rejects.toMatchObject(failed);
      expect((await store.read(key, 7)).toString()).toBe('seven b');
    });

    it('begins again at the old offset after an append that nobody wrote down', async () => {
      const store = await makeStore();
      const old = randomBytes(6 * mib);
      const key = await grown(store, old, [4 * mib, 6 * mib]);
      await store.append(key, { offset: 6 * mib, source: chunksOf(randomBytes(7 * mib)) });
      const range = { start: 0, end: 6 * mib - 1 };
      expect((await readAll(await store.open(key, range))).equals(old)).toBe(true);

      const more = randomBytes(5 * mib);
      expect(await store.append(key, { offset: 6 * mib, source: chunksOf(more) })).toBe(11 * mib);
      await expectContent(store, key, Buffer.concat([old, more]));
      await store.seal(key, 11 * mib);
      await expectContent(store, key, Buffer.concat([old, more]));
    });

    it('keeps the bytes up to the offset when an append breaks off several segments later', async () => {
      const store = await makeStore();
      const old = randomBytes(2 * mib);
      const key = await grown(store, old, [2 * mib]);
      const lost = new Error('connection lost');
      const source = breaking(randomBytes(11 * mib), lost);
      await expect(store.append(key, { offset: 2 * mib, source })).rejects.toBe(lost);
      expect((await readAll(await store.open(key, { start: 0, end: 2 * mib - 1 }))).equals(old)).toBe(true);
      expect(await store.append(key, { offset: 2 * mib, source: chunksOf(Buffer.alloc(0)) })).toBe(2 * mib);
      await store.seal(key, 2 * mib);
      await expectContent(store, key, old);
    });

    it('goes on under a new key, out of reach of the writer before', async () => {
      const store = await makeStore();
      const content = randomBytes(13 * mib);
      const from = await grown(store, content, [6 * mib, 12 * mib]);
      const to = newKey();
      await store.copy(from, to, 12 * mib);
      await store.append(from, { offset: 6 * mib, source: chunksOf(randomBytes(mib)) });
      await store.delete(from);
      await expectContent(store, to, content.subarray(0, 12 * mib));
      await store.append(to, { offset: 12 * mib, source: chunksOf(content.subarray(12 * mib)) });
      await store.seal(to, 13 * mib);
      await expectContent(store, to, content);
    });

    it.each([0, 3, 5 * mib, 6 * mib - 1])('copies the first %i bytes, also of what is sealed', async (size) => {
      const store = await makeStore();
      const content = randomBytes(6 * mib);
      const from = await grown(store, content, [6 * mib]);
      const [open, sealed] = [newKey(), newKey()];
      await store.copy(from, open, size);
      await expectContent(store, open, content.subarray(0, size));
      await store.seal(from, 6 * mib);
      await store.copy(from, sealed, size);
      await store.seal(sealed, size);
      await expectContent(store, sealed, content.subarray(0, size));
      await expectContent(store, from, content);
    });

    it('refuses to copy onto a key, and more than is there', async () => {
      const store = await makeStore();
      const from = await grown(store, Buffer.from('three'), [5]);
      const taken = await grown(store, Buffer.from('taken'), [5]);
      await expect(store.copy(from, taken, 5)).rejects.toMatchObject({ kind: 'conflict' });
      await expect(store.copy(from, newKey(), 6)).rejects.toMatchObject(failed);
      for (const size of [0, 1]) await expect(store.copy(newKey(), newKey(), size)).rejects.toMatchObject(failed);
      await expectContent(store, taken, Buffer.from('taken'));
    });

    it('deletes what is not sealed', async () => {
      const store = await makeStore();
      const key = await grown(store, randomBytes(6 * mib), [1, 6 * mib]);
      await store.delete(key);
      await store.delete(key);
      expect(await store.size(key)).toBeNull();
      await expect(store.open(key)).rejects.toMatchObject(failed);
    });
  });
}
