import { randomBytes } from 'node:crypto';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { BlobKey } from './blob-key.js';
import { chunksOf, newKey, readAll } from './contents.suite.js';
import { FaultProxy } from './fault-proxy.suite.js';
import { S3BlobStore } from './s3-blob-store.js';
import { S3Bucket } from './s3-bucket.js';
import { newS3Client } from './s3-client.js';

const s3 = inject('s3');
const mib = 1024 * 1024;
const failed = { kind: 'unavailable', code: 'blob-store-failed' };
const content = randomBytes(12 * mib);

const isCompletion = (asked: string): boolean => /^POST .*[?&]uploadId=/.test(asked);
const isAbort = (asked: string): boolean => /^DELETE .*[?&]uploadId=/.test(asked);

describe.skipIf(s3 === null)('S3BlobStore before a disturbed versitygw', () => {
  const prefix = `${v7()}/`;
  let proxy: FaultProxy;
  let store: S3BlobStore;
  let bucket: S3Bucket;

  beforeEach(async () => {
    if (s3 === null) throw new Error('versitygw is not installed');
    proxy = new FaultProxy(s3.endpoint);
    store = await S3BlobStore.open({ ...s3, endpoint: await proxy.start(), prefix });
    bucket = new S3Bucket(newS3Client(s3), s3.bucket);
  });

  afterEach(async () => {
    await proxy.stop();
  });

  async function uploaded(): Promise<BlobKey> {
    const key = newKey();
    await store.create(key);
    let offset = 0;
    for (const end of [mib, 7 * mib, content.length]) {
      offset = await store.append(key, { offset, source: chunksOf(content.subarray(offset, end)) });
    }
    return key;
  }

  async function unfinishedUploads(key: BlobKey): Promise<number> {
    const request = new ListMultipartUploadsCommand({ Bucket: bucket.bucket, Prefix: `${prefix}blobs/${key}` });
    return (await bucket.client.send(request)).Uploads?.length ?? 0;
  }

  async function objectsOf(key: BlobKey): Promise<string[]> {
    const names = (await bucket.list(prefix)).map(({ name }) => name);
    return names.filter((name) => name.includes(key)).map((name) => name.replace(prefix, ''));
  }

  async function expectSealed(key: BlobKey): Promise<void> {
    expect(await objectsOf(key)).toEqual([`blobs/${key}`]);
    expect(await unfinishedUploads(key)).toBe(0);
    expect((await readAll(await store.open(key))).equals(content)).toBe(true);
  }

  it('experiment 31: gets through when every fifth request is answered 503 SlowDown', async () => {
    proxy.faultOf = (_, index) => (index % 5 === 2 ? 'slow-down' : null);
    const key = await uploaded();
    await store.seal(key, content.length);
    await expectSealed(key);
    await store.delete(key);
    expect(await objectsOf(key)).toEqual([]);
  });

  it('experiment 31: settles by looking when the answer to CompleteMultipartUpload gets lost', async () => {
    const key = await uploaded();
    proxy.faultOf = (asked) => (isCompletion(asked) ? 'cut-after' : null);
    await store.seal(key, content.length);
    expect(proxy.seen.filter(isCompletion)).not.toHaveLength(0);
    await expectSealed(key);
  });

  it.each(['cut-before', 'slow-down'] as const)(
    'experiment 31: claims nothing when no CompleteMultipartUpload arrives (%s), and seals later',
    async (fault) => {
      const key = await uploaded();
      proxy.faultOf = (asked) => (isCompletion(asked) ? fault : null);
      await expect(store.seal(key, content.length)).rejects.toMatchObject(failed);
      expect(await objectsOf(key)).not.toContain(`blobs/${key}`);
      expect(await unfinishedUploads(key)).toBe(0);
      expect((await readAll(await store.open(key))).equals(content)).toBe(true);
      proxy.faultOf = () => null;
      await store.seal(key, content.length);
      await expectSealed(key);
    },
  );

  it('experiment 31: leaves no orphan upload behind, neither after a delete nor after the seal that succeeds', async () => {
    const [deleted, sealed] = [await uploaded(), await uploaded()];
    proxy.faultOf = (asked) => (isCompletion(asked) || isAbort(asked) ? 'cut-before' : null);
    for (const key of [deleted, sealed]) {
      await expect(store.seal(key, content.length)).rejects.toMatchObject(failed);
      expect(await unfinishedUploads(key)).toBe(1);
    }
    proxy.faultOf = () => null;
    await store.delete(deleted);
    await store.seal(sealed, content.length);
    expect(await unfinishedUploads(deleted)).toBe(0);
    expect(await objectsOf(deleted)).toEqual([]);
    await expectSealed(sealed);
  });

  it('experiment 31: takes 404 right after the write for a failure, and repeats the seal without harm', async () => {
    const key = await uploaded();
    proxy.faultOf = (asked) => (asked.startsWith('HEAD') ? 'missing' : null);
    await expect(store.seal(key, content.length)).rejects.toMatchObject(failed);
    proxy.faultOf = () => null;
    await store.seal(key, content.length);
    await expectSealed(key);
  });

  it('experiment 31: fails an append that S3 never takes, and begins again at the old offset', async () => {
    const key = await uploaded();
    const more = randomBytes(6 * mib);
    const append = { offset: content.length, source: chunksOf(more) };
    proxy.faultOf = (asked) => (asked.startsWith('PUT') ? 'cut-before' : null);
    await expect(store.append(key, append)).rejects.toMatchObject(failed);
    proxy.faultOf = (asked, index) => (asked.startsWith('PUT') && index % 2 === 0 ? 'cut-after' : null);
    const size = await store.append(key, { ...append, source: chunksOf(more) });
    await store.seal(key, size);
    expect((await readAll(await store.open(key))).equals(Buffer.concat([content, more]))).toBe(true);
  });

  it('throws when the connection ends within a content, instead of ending it early', async () => {
    const key = await uploaded();
    const unsealed = await store.open(key);
    proxy.faultOf = (asked) => (asked.startsWith('GET') ? 'cut-within' : null);
    await expect(readAll(unsealed)).rejects.toMatchObject(failed);
    proxy.faultOf = () => null;
    await store.seal(key, content.length);
    proxy.faultOf = (asked) => (asked.startsWith('GET') ? 'cut-within' : null);
    await expect(store.open(key).then(readAll)).rejects.toMatchObject(failed);
    await expect(store.read(key, mib)).rejects.toMatchObject(failed);
  });
});
