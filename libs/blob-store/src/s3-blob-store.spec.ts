import { v7 } from 'uuid';
import { describe, expect, inject, it } from 'vitest';
import { describeBlobStore } from './blob-store.suite.js';
import { chunksOf, newKey } from './contents.suite.js';
import { S3BlobStore } from './s3-blob-store.js';
import { S3Bucket } from './s3-bucket.js';
import { newS3Client } from './s3-client.js';
import { maxBlobBytes, S3Names, segmentBytes } from './s3-names.js';
import type { S3Options } from './s3-options.js';

const s3 = inject('s3');

function connection(): S3Options {
  if (s3 === null) throw new Error('versitygw is not installed');
  return { ...s3, prefix: v7() };
}

describe.skipIf(s3 === null)('with versitygw', () => {
  describeBlobStore('s3', () => S3BlobStore.open(connection()));

  describe('S3BlobStore', () => {
    it('says why it can not be opened: no bucket, a wrong secret, no server', async () => {
      const noBucket = S3BlobStore.open({ ...connection(), bucket: 'no-such-bucket' });
      await expect(noBucket).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('the S3 bucket "no-such-bucket" can not be used: NoSuchBucket'),
      });
      const credentials = { accessKeyId: s3?.credentials.accessKeyId ?? '', secretAccessKey: 'another' };
      await expect(S3BlobStore.open({ ...connection(), credentials })).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('SignatureDoesNotMatch'),
      });
      const noServer = S3BlobStore.open({ ...connection(), endpoint: 'http://127.0.0.1:1' });
      await expect(noServer).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('ECONNREFUSED'),
      });
    });

    it('shares its bucket with another process, and with others below another prefix', async () => {
      const options = connection();
      const [first, second] = [await S3BlobStore.open(options), await S3BlobStore.open(options)];
      const other = await S3BlobStore.open({ ...options, prefix: `${options.prefix}/other` });
      const key = newKey();
      await first.create(key);
      const offset = await first.append(key, { offset: 0, source: chunksOf(Buffer.from('one ')) });
      const size = await second.append(key, { offset, source: chunksOf(Buffer.from('two')) });
      await first.seal(key, size);
      expect((await second.read(key, size)).toString()).toBe('one two');
      expect(await other.size(key)).toBeNull();
    });

    it('names the public address in what it presigns, for as long as it was asked', async () => {
      const options = connection();
      const minuteAgo = (): number => Date.now() - 61_000;
      const publicEndpoint = options.endpoint?.replace('127.0.0.1', 'localhost') ?? '';
      const store = await S3BlobStore.open({ ...options, publicEndpoint }, minuteAgo);
      const key = newKey();
      await store.create(key);
      await store.seal(key, await store.append(key, { offset: 0, source: chunksOf(Buffer.from('late')) }));
      const expired = await store.presign(key);
      expect(new URL(expired).origin).toBe(publicEndpoint);
      expect((await fetch(expired)).status).toBe(403);
      expect(await (await fetch(await store.presign(key, { expiresSeconds: 120 }))).text()).toBe('late');
    });

    it('refuses what has more parts than S3 takes', async () => {
      const options = connection();
      const store = await S3BlobStore.open(options);
      const key = newKey();
      const name = new S3Names(options.prefix).segment(key, maxBlobBytes - segmentBytes);
      await new S3Bucket(newS3Client(options), options.bucket).put(name, Buffer.alloc(segmentBytes));
      const append = { offset: maxBlobBytes, source: chunksOf(Buffer.from('x')) };
      await expect(store.append(key, append)).rejects.toMatchObject({ kind: 'too-large' });
    });
  });
});
