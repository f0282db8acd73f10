import { describe, expect, it } from 'vitest';
import type { BlobKey } from './blob-key.js';
import type { BlobStore } from './blob-store.js';
import { chunksOf, newKey } from './contents.suite.js';

/** Addresses for clients, where the driver makes them; part of describeBlobStore. */
export function describePresigning(driver: string, makeStore: () => Promise<BlobStore>): void {
  async function sealed(store: BlobStore, text: string): Promise<BlobKey> {
    const key = newKey();
    await store.create(key);
    await store.seal(key, await store.append(key, { offset: 0, source: chunksOf(Buffer.from(text)) }));
    return key;
  }

  describe(`presigning: ${driver}`, () => {
    it('gives anybody the bytes as an attachment, and no other bytes, or makes no address at all', async () => {
      const store = await makeStore();
      const [key, other] = [await sealed(store, 'for a device'), await sealed(store, 'for nobody')];
      const address = await store.presign(key, { fileName: 'sha256:12"\r\nx' });
      if (address === null) return;
      const answer = await fetch(address);
      expect(answer.headers.get('content-type')).toBe('application/octet-stream');
      expect(answer.headers.get('content-disposition')).toBe('attachment; filename="sha256_12___x"');
      expect(await answer.text()).toBe('for a device');
      expect((await fetch(address.replace(key, other))).status).toBe(403);
      for (const parameter of ['response-content-type', 'response-content-disposition', 'X-Amz-Expires']) {
        const changed = new URL(address);
        changed.searchParams.set(parameter, '299');
        expect((await fetch(changed)).status, parameter).toBe(403);
      }
      const range = await fetch(address, { headers: { range: 'bytes=4-4' } });
      expect([range.status, await range.text()]).toEqual([206, 'a']);
    });

    it('makes addresses for 60 s, and for 300 s at most', async () => {
      const store = await makeStore();
      const key = await sealed(store, 'short');
      const address = await store.presign(key);
      if (address === null) return;
      expect(new URL(address).searchParams.get('X-Amz-Expires')).toBe('60');
      expect((await fetch(address)).headers.get('content-disposition')).toBe('attachment');
      expect(await store.presign(key, { expiresSeconds: 300 })).toContain('X-Amz-Expires=300');
      for (const expiresSeconds of [0, 301, 1.5, Number.NaN]) {
        await expect(store.presign(key, { expiresSeconds })).rejects.toMatchObject({ kind: 'bug' });
      }
    });
  });
}
