import { randomBytes } from 'node:crypto';
import { AppError } from '@berth/errors';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BLOB_STORE } from '../blob.js';
import { GarbageStore } from '../garbage.js';
import type { TestRegistry } from '../registry.suite.js';
import { indexType, imageOf, pushBlob, pushConfig, putManifest } from '../sample-content.suite.js';
import {
  collectAll,
  collectorOf,
  countOf,
  keyOf,
  makeDue,
  startTwo,
  storedKeys,
  watchStatements,
  type TwoReplicas,
} from './garbage.suite.js';
import type { BlobStore } from '@berth/blob-store';
import { digestOf } from '@berth/oci';

let replicas: TwoReplicas;
let one: TestRegistry;
let two: TestRegistry;

beforeAll(async () => {
  replicas = await startTwo();
  ({ one, two } = replicas);
});

afterAll(() => replicas.stop());

afterEach(async () => {
  vi.restoreAllMocks();
  await collectAll(one);
});

const garbage = () => one.app.get(GarbageStore, { strict: false });
const bytesOf = ({ app }: TestRegistry) => app.get<BlobStore>(BLOB_STORE, { strict: false });
const batch = () => ({ at: new Date(), limit: 100 });

/** A blob whose link is gone and whose own review is due. */
async function dueBlob(name: string) {
  const digest = await pushBlob(one, name, randomBytes(64));
  const key = await keyOf(one, digest);
  await makeDue(one);
  await collectorOf(one).round();
  await makeDue(one);
  return { digest, key };
}

describe('experiment 33: a query about references that fails', () => {
  const failAt = (part: string) =>
    watchStatements(one, (sql) => {
      if (sql.includes(part)) throw new AppError({ kind: 'unavailable', message: 'broken off' });
    });

  it.each(['delete from link_review', 'as w(repository_id, digest, account)'])(
    'deletes nothing at all when it is about links (%s)',
    async (part) => {
      const { key } = await dueBlob('fail/links');
      await pushBlob(one, 'fail/links', randomBytes(64));
      await makeDue(one);
      failAt(part);
      await expect(collectorOf(one).round()).rejects.toThrow('broken off');
      expect([await countOf(one, 'repository_blob'), await countOf(one, 'blob', 'not deleting')]).toEqual([1, 2]);
      expect(storedKeys(replicas.place)).toContain(key);
    },
  );

  it('deletes no blob and no bytes when it is about blobs', async () => {
    const { key } = await dueBlob('fail/blobs');
    failAt('as is_linked');
    await expect(collectorOf(one).round()).rejects.toThrow('broken off');
    expect(await countOf(one, 'blob', 'not deleting')).toBe(1);
    expect(storedKeys(replicas.place)).toContain(key);
  });
});

describe('a store that fails', () => {
  it('leaves the rows, so that the next round tries again, and is counted', async () => {
    const { digest, key } = await dueBlob('fail/store');
    const failures = collectorOf(one).failures;
    vi.spyOn(bytesOf(one), 'delete').mockRejectedValue(new AppError({ kind: 'unavailable', message: 'store down' }));
    await expect(collectorOf(one).round()).rejects.toThrow('store down');
    expect(collectorOf(one).failures).toBe(failures + 1);
    expect(await keyOf(one, digest)).toBe(key);
    vi.restoreAllMocks();
    expect(await collectorOf(one).round()).toMatchObject({ blobs: 1 });
    expect(storedKeys(replicas.place)).not.toContain(key);
  });
});

describe('a collector that dies', () => {
  it('after it marked a blob is followed up by another replica', async () => {
    const { digest, key } = await dueBlob('fail/marked');
    const { marked } = await one.db.transaction((tx) => garbage().markBlobs(tx, batch()));
    expect(marked).toEqual([key]);
    expect(await collectorOf(two).round()).toMatchObject({ blobs: 1, bytes: 64 });
    expect([await keyOf(one, digest), storedKeys(replicas.place).includes(key ?? '')]).toEqual([null, false]);
  });

  it('after it removed the bytes too', async () => {
    const { digest } = await dueBlob('fail/removed');
    const { marked } = await one.db.transaction((tx) => garbage().markBlobs(tx, batch()));
    for (const each of marked) await bytesOf(one).delete(each);
    expect(await collectorOf(two).round()).toMatchObject({ blobs: 1 });
    expect(await keyOf(one, digest)).toBeNull();
  });

  it('after it removed the bytes of a doomed key', async () => {
    const bytes = randomBytes(64);
    await pushBlob(one, 'fail/doomed', bytes);
    await pushBlob(one, 'fail/doomed', bytes);
    const [key] = await garbage().doomedKeys(one.db, batch());
    if (key !== undefined) await bytesOf(one).delete(key);
    expect(await collectorOf(two).round()).toMatchObject({ keys: 1 });
    expect(await countOf(one, 'doomed_key')).toBe(0);
  });
});

describe('a collector that is told to stop', () => {
  it('takes up no further batch', async () => {
    await dueBlob('fail/stop');
    expect(await collectorOf(one).round(AbortSignal.abort())).toMatchObject({ blobs: 0 });
    expect(await collectorOf(one).round()).toMatchObject({ blobs: 1 });
  });
});

describe('nested indexes that share their children', () => {
  it('cost as many statements as one image', async () => {
    const layer = randomBytes(64);
    const statementsOfRound = async () => {
      await collectorOf(one).round();
      await makeDue(one);
      let count = 0;
      watchStatements(one, () => {
        count += 1;
      });
      await collectorOf(one).round();
      vi.restoreAllMocks();
      return count;
    };
    await pushConfig(one, 'nested/app');
    await pushBlob(one, 'nested/app', layer);
    expect((await putManifest(one, '/v2/nested/app/manifests/image', imageOf(layer))).status).toBe(201);
    const plain = await statementsOfRound();
    await pushNested('nested/app', imageOf(layer));
    await pushConfig(one, 'nested/app');
    await pushBlob(one, 'nested/app', layer);
    expect(await statementsOfRound()).toBe(plain);
    expect(await countOf(one, 'link_review')).toBe(0);
  });
});

/** Each of four levels has ten indexes that list all of the level below: 10,000 ways to the one image. */
async function pushNested(name: string, image: Buffer): Promise<void> {
  let below = [{ bytes: image, mediaType: 'application/vnd.oci.image.manifest.v1+json' }];
  for (let level = 0; level < 4; level++) {
    const manifests = below.map(({ bytes, mediaType }) => ({ mediaType, digest: digestOf(bytes), size: bytes.length }));
    below = [];
    for (let place = 0; place < 10; place++) {
      const annotations = { place: `${level}.${place}` };
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests, annotations }));
      const path = `/v2/${name}/manifests/${digestOf(bytes)}`;
      expect((await putManifest(one, path, bytes, indexType)).status).toBe(201);
      below.push({ bytes, mediaType: indexType });
    }
  }
}
