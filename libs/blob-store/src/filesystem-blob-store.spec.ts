import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, stat, symlink, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseBlobKey, type BlobKey } from './blob-key.js';
import { describeBlobStore } from './blob-store.suite.js';
import { FilesystemBlobStore } from './filesystem-blob-store.js';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'berth-blobs-'));

describeBlobStore('filesystem', async () => FilesystemBlobStore.open(await newFolder()));

describe('FilesystemBlobStore', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('shares its folder with another process and keeps it from other users', async () => {
    const folder = join(await newFolder(), 'blobs');
    const first = await FilesystemBlobStore.open(folder);
    const second = await FilesystemBlobStore.open(folder);
    const key = parseBlobKey(v7());
    await first.create(key);
    expect(await second.size(key)).toBe(0);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, key.slice(-2), key))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toHaveLength(256);
  });

  it('refuses a key that is not one, so no path leads out of the folder', () => {
    for (const key of [
      '../../etc/passwd',
      'short',
      'UPPERCASE-KEY',
      'nul\0nul\0nul',
      '-starts-badly',
      'a'.repeat(65),
    ]) {
      expect(() => parseBlobKey(key), key).toThrow('not a key');
    }
  });

  it('says that the folder can not be made', async () => {
    const file = join(await newFolder(), 'a-file');
    await writeFile(file, '');
    await expect(FilesystemBlobStore.open(join(file, 'blobs'))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  describe('when the disk does not do as it is told', () => {
    async function failing(method: 'sync' | 'write', code: string): Promise<{ mockRestore: () => void }> {
      const handle = await open('/dev/null');
      const failed = Object.assign(new Error(`${code}: ${method}`), { code });
      const spy = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, method).mockRejectedValue(failed);
      await handle.close();
      return spy;
    }

    async function storeWithContent(): Promise<{ store: FilesystemBlobStore; key: BlobKey }> {
      const store = await FilesystemBlobStore.open(await newFolder());
      const key = parseBlobKey(v7());
      await store.create(key);
      expect(await store.append(key, { offset: 0, source: oneChunk() })).toBe(8);
      return { store, key };
    }

    const refusal = { kind: 'unavailable', code: 'blob-store-failed' };

    it('experiment 29: never trusts a file again whose fsync failed once, in no process', async () => {
      const { store, key } = await storeWithContent();
      const sync = await failing('sync', 'EIO');
      await expect(store.append(key, { offset: 8, source: oneChunk() })).rejects.toMatchObject(refusal);
      sync.mockRestore();
      for (const offset of [0, 8]) {
        await expect(store.append(key, { offset, source: oneChunk() })).rejects.toMatchObject(refusal);
      }
      for (const size of [8, 16]) await expect(store.seal(key, size)).rejects.toMatchObject(refusal);
      await expect(store.open(key)).rejects.toMatchObject(refusal);
      expect(await store.size(key)).toBeNull();
    });

    it('experiment 29: makes no content and no copy that the disk did not confirm', async () => {
      const { store, key } = await storeWithContent();
      const sync = await failing('sync', 'EIO');
      const copy = parseBlobKey(v7());
      await expect(store.create(parseBlobKey(v7()))).rejects.toMatchObject(refusal);
      await expect(store.copy(key, copy, 8)).rejects.toMatchObject(refusal);
      sync.mockRestore();
      expect(await store.size(copy)).toBeNull();
      expect(await store.size(key)).toBe(8);
    });

    it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
      'says that there is no room on %s, and goes on when there is',
      async (code) => {
        const { store, key } = await storeWithContent();
        const write = await failing('write', code);
        await expect(store.append(key, { offset: 8, source: oneChunk() })).rejects.toMatchObject({
          kind: 'unavailable',
          code: 'blob-store-full',
        });
        write.mockRestore();
        expect(await store.append(key, { offset: 8, source: oneChunk() })).toBe(16);
        expect((await store.read(key, 16)).toString()).toBe('too muchtoo much');
      },
    );
  });

  it.skipIf(!existsSync('/dev/full'))('answers a full disk with unavailable, and says so', async () => {
    const folder = await newFolder();
    const store = await FilesystemBlobStore.open(folder);
    const key = parseBlobKey(v7());
    // Every write to this device fails with ENOSPC.
    await symlink('/dev/full', join(folder, key.slice(-2), key));
    await expect(store.append(key, { offset: 0, source: oneChunk() })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'blob-store-full',
      message: 'there is no room left for blobs',
      retryAfterSeconds: 60,
    });
  });
});

async function* oneChunk(): AsyncIterable<Uint8Array> {
  yield Buffer.from('too much');
}
