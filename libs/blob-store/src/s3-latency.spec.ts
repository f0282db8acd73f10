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
const failed = { kind: 'unavailable', code: 'blob-store-failed' };
const content = randomBytes(6 * 1024 * 1024);

/** Experiment 31 has 5 s and a client that waits for 30; what matters is which is longer. */
const patientMs = 30_000;
const impatientMs = 600;
const latencyMs = 1_500;

const isWrite = (asked: string): boolean => /^(PUT|POST) /.test(asked);
const isCompletion = (asked: string): boolean => /^POST .*[?&]uploadId=/.test(asked);

describe.skipIf(s3 === null)('S3BlobStore before a slow versitygw', () => {
  const prefix = `${v7()}/`;
  let proxy: FaultProxy;
  let bucket: S3Bucket;

  beforeEach(() => {
    if (s3 === null) throw new Error('versitygw is not installed');
    proxy = new FaultProxy(s3.endpoint);
    bucket = new S3Bucket(newS3Client(s3), s3.bucket);
  });
  afterEach(async () => {
    await proxy.stop();
  });

  async function openStore(answerWithinMs: number): Promise<S3BlobStore> {
    if (s3 === null) throw new Error('versitygw is not installed');
    const store = await S3BlobStore.open({ ...s3, endpoint: await proxy.start(), prefix, answerWithinMs });
    proxy.latencyMs = latencyMs;
    return store;
  }

  async function expectSealed(store: S3BlobStore, key: BlobKey): Promise<void> {
    const names = (await bucket.list(prefix)).map(({ name }) => name).filter((name) => name.includes(key));
    expect(names).toEqual([`${prefix}blobs/${key}`]);
    const request = new ListMultipartUploadsCommand({ Bucket: bucket.bucket, Prefix: `${prefix}blobs/${key}` });
    expect((await bucket.client.send(request)).Uploads ?? []).toEqual([]);
    expect((await readAll(await store.open(key))).equals(content)).toBe(true);
  }

  const whole = () => ({ offset: 0, source: chunksOf(content) });

  it('experiment 31: waits for answers that take their time, and asks for nothing twice', async () => {
    const store = await openStore(patientMs);
    const key = newKey();
    proxy.faultOf = (asked) => (isWrite(asked) ? 'late-answer' : null);
    await store.create(key);
    expect(await store.append(key, whole())).toBe(content.length);
    await store.seal(key, content.length);
    const writes = proxy.seen.filter(isWrite);
    expect(writes).toEqual([...new Set(writes)]);
    await expectSealed(store, key);
  });

  it('experiment 31: claims nothing while every answer is too late, and does it all again without harm', async () => {
    const store = await openStore(impatientMs);
    const key = newKey();
    await store.create(key);
    proxy.faultOf = (asked) => (isWrite(asked) ? 'late-answer' : null);
    await expect(store.append(key, whole())).rejects.toMatchObject(failed);
    proxy.faultOf = () => null;
    expect(await store.append(key, whole())).toBe(content.length);
    proxy.faultOf = () => 'late-answer';
    await expect(store.seal(key, content.length)).rejects.toMatchObject(failed);
    proxy.faultOf = () => null;
    await store.seal(key, content.length);
    await expectSealed(store, key);
  });

  it('experiment 31: takes requests that S3 hears of only after they were repeated', async () => {
    const store = await openStore(impatientMs);
    const key = newKey();
    await store.create(key);
    const asked = new Set<string>();
    proxy.faultOf = (what) => {
      const isFirst = !asked.has(what);
      asked.add(what);
      return isFirst && isWrite(what) ? 'late-request' : null;
    };
    expect(await store.append(key, whole())).toBe(content.length);
    expect(proxy.seen.filter((what) => what.startsWith('PUT')).length).toBeGreaterThan(3);
    await store.seal(key, content.length);
    await expectSealed(store, key);
  });

  it('experiment 31: seals once when S3 was asked twice, as it put the content together for longer than it is waited for', async () => {
    const store = await openStore(impatientMs);
    const key = newKey();
    await store.create(key);
    await store.append(key, whole());
    proxy.latencyMs = 7 * impatientMs;
    proxy.faultOf = (asked) => (isCompletion(asked) && !proxy.seen.slice(0, -1).includes(asked) ? 'late-answer' : null);
    await store.seal(key, content.length);
    expect(proxy.seen.filter(isCompletion)).toHaveLength(2);
    await expectSealed(store, key);
  });
});
