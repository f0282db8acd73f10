import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { BlobStore } from '@berth/blob-store';
import { digestOf } from '@berth/oci';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BLOB_STORE } from './blob.js';
import { GiveUpUploads } from './give-up-uploads/give-up-uploads.js';
import { newPlace, TestRegistry, type TestPlace } from './registry.suite.js';
import { pushTo } from './sample-content.suite.js';
import { counted, forgetContents, limitStorage } from './storage-quota.suite.js';
import { UploadStore } from './upload.js';
import { SlowRequest, untilStored } from './upload-blob/slow-request.suite.js';

const name = 'team/app';
const mebibyte = 1024 * 1024;
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
});

beforeEach(async () => {
  await forgetContents(registry);
  await limitStorage(registry, { registry: mebibyte });
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const token = () => place.identity.token(pushTo(name).access);

async function keyOf(location: string): Promise<string> {
  const id = location.split('/').at(-1);
  const [row] = await registry.db.query<{ key: string }>('select key from upload where id = $1', [id]);
  return row?.key ?? '';
}

async function start(): Promise<{ location: string; key: string; size: () => number }> {
  const answer = await registry.ask('POST', `/v2/${name}/blobs/uploads/`, pushTo(name));
  const location = answer.headers.get('location') ?? '';
  const key = await keyOf(location);
  return { location, key, size: () => statSync(join(place.dataDir, 'blobs', key.slice(-2), key)).size };
}

/** Without a length, as docker sends a layer. */
const stream = (bytes: Buffer): RequestInit => ({ body: new Blob([bytes]).stream(), duplex: 'half' }) as RequestInit;
const patch = (location: string, bytes: Buffer, at = registry) =>
  at.ask('PATCH', location, { ...pushTo(name), ...stream(bytes) });
const rounds = (of = registry) => of.app.get(GiveUpUploads, { strict: false });
const both = (used: number, reserved: number) => ({ '': [used, reserved], team: [used, reserved] });

/** Sends bytes of more that it says it brings, and waits for them to lie in the store. */
async function writing(method: string, path: string, { bytes, size }: { bytes: number; size: () => number }) {
  const slow = SlowRequest.begin(registry, { method, path, token: token(), bytes });
  const before = size();
  slow.send(randomBytes(100_000));
  await untilStored(size, before + 100_000);
  return slow;
}

describe('E12 what lies in the store is counted', () => {
  it('when a chunk is longer than it says: it is refused at once, and cut off', async () => {
    const { location, size } = await start();
    await patch(location, randomBytes(1_000));
    const slow = SlowRequest.begin(registry, { method: 'PATCH', path: location, token: token(), range: '1000-1000' });
    slow.send(randomBytes(500_000));
    expect((await slow.answer()).status).toBe(400);
    await expect.poll(() => counted(registry)).toEqual(both(0, 1_000));
    expect(size()).toBe(1_000);
    expect((await patch(location, randomBytes(10))).status).toBe(202);
  });

  it('when the closing PUT breaks off, or brings less than it says', async () => {
    const { location, size } = await start();
    const path = `${location}?digest=${digestOf(randomBytes(10))}`;
    const slow = await writing('PUT', path, { bytes: 500_000, size });
    expect(await counted(registry)).toEqual(both(0, 500_000));
    slow.break();
    await expect.poll(() => counted(registry)).toEqual({});
    expect(size()).toBe(0);
    const headers = { 'content-range': '0-299999' };
    const short = await registry.ask('PATCH', location, { ...pushTo(name), headers, body: randomBytes(200_000) });
    expect(short.status).toBe(400);
    expect([await counted(registry), size()]).toEqual([{}, 0]);
  });

  it('when it can not be cut off, until the next request goes on with another content', async () => {
    const { location, key, size } = await start();
    const slow = await writing('PUT', `${location}?digest=${digestOf(randomBytes(10))}`, { bytes: 500_000, size });
    const store = registry.app.get<BlobStore>(BLOB_STORE, { strict: false });
    const cut = vi.spyOn(store, 'append').mockRejectedValueOnce(new Error('no answer'));
    slow.break();
    await vi.waitFor(() => expect(cut).toHaveBeenCalled());
    await rounds().giveBack();
    expect([await counted(registry), size()]).toEqual([both(0, 500_000), 100_000]);
    await vi.waitFor(async () => expect((await patch(location, randomBytes(10))).status).toBe(202));
    expect(await keyOf(location)).not.toBe(key);
    expect(await counted(registry)).toEqual(both(0, 10));
  });

  it('when the end of a chunk could not be stored', async () => {
    const { location, size } = await start();
    const uploads = registry.app.get(UploadStore, { strict: false });
    vi.spyOn(uploads, 'endWriting').mockRejectedValueOnce(new Error('no answer'));
    expect((await patch(location, randomBytes(100_000))).status).toBe(500);
    await rounds().giveBack();
    expect(size()).toBe(100_000);
    expect((await counted(registry))['']?.[1]).toBeGreaterThanOrEqual(100_000);
    expect((await patch(location, randomBytes(100_000))).status).toBe(202);
    expect(await counted(registry)).toEqual(both(0, 100_000));
  });

  it('when nothing is heard of its process any more, until it goes on or is given up', async () => {
    const [one, two] = [await start(), await start()];
    const slow = await Promise.all(
      [one, two].map(({ location, size }) => writing('PATCH', location, { bytes: 400_000, size })),
    );
    const other = await TestRegistry.start(place, { instance: 'registry-2' });
    await limitStorage(other, { registry: mebibyte });
    other.advance(31_000);
    expect(await rounds(other).giveBack()).toBe(0);
    expect(await counted(registry)).toEqual(both(0, 800_000));
    expect((await patch(one.location, randomBytes(1_000), other)).status).toBe(202);
    expect(await counted(registry)).toEqual(both(0, 401_000));
    other.advance(2 * 86_400_000);
    await rounds(other).giveUp();
    expect(await counted(registry)).toEqual({});
    for (const each of slow) each.break();
    await other.stop();
  });
});

describe('E12 what an upload has reserved', () => {
  it('is given back when its request ends, it is cancelled, or given up', async () => {
    const [one, two] = [await start(), await start()];
    for (const { location } of [one, two]) await patch(location, randomBytes(1000));
    expect(await counted(registry)).toEqual(both(0, 2000));
    expect((await registry.ask('DELETE', one.location, pushTo(name))).status).toBe(204);
    expect(await counted(registry)).toEqual(both(0, 1000));
    await registry.db.query(`update upload set touched_at = now() - interval '2 days'`);
    await rounds().giveUp();
    expect(await counted(registry)).toEqual({});
  });

  it('is given back a minute later when its request could not', async () => {
    const { location } = await start();
    vi.spyOn(registry.app.get(UploadStore, { strict: false }), 'giveBackSpare').mockRejectedValueOnce(new Error());
    await patch(location, randomBytes(1000));
    expect((await counted(registry))['']?.[1]).toBeGreaterThan(1000);
    expect(await rounds().giveBack()).toBe(1);
    expect(await counted(registry)).toEqual(both(0, 1000));
  });

  it('is a step of what it says that it brings, so that a slow one keeps nobody from the rest', async () => {
    await limitStorage(registry, { registry: 1000 * mebibyte });
    const { location, size } = await start();
    const begin = (bytes: number) =>
      SlowRequest.begin(registry, { method: 'PATCH', path: location, token: token(), bytes });
    const slow = begin(900 * mebibyte);
    await expect.poll(() => counted(registry)).toEqual(both(0, 64 * mebibyte));
    const path = `/v2/${name}/blobs/uploads/?digest=${digestOf(randomBytes(10))}`;
    const post = (bytes: number) => SlowRequest.begin(registry, { method: 'POST', path, token: token(), bytes });
    const second = post(936 * mebibyte);
    await expect.poll(() => counted(registry)).toEqual(both(0, 128 * mebibyte));
    expect((await post(937 * mebibyte).answer()).status).toBe(403);
    slow.send(Buffer.alloc(65 * mebibyte));
    await expect.poll(() => counted(registry), { timeout: 20_000 }).toEqual(both(0, 192 * mebibyte));
    for (const each of [slow, second]) each.break();
    await vi.waitFor(async () => expect(await counted(registry)).toEqual(both(0, size())), 20_000);
  });

  it('needs counters, and what is refused leaves none', async () => {
    await limitStorage(registry, { registry: 100 });
    const bytes = randomBytes(101);
    const path = `/v2/new/app/blobs/uploads/?digest=${digestOf(bytes)}`;
    expect((await registry.ask('POST', path, { ...pushTo('new/app'), body: bytes })).status).toBe(403);
    expect((await patch((await start()).location, bytes)).status).toBe(403);
    expect(await registry.db.query('select 1 from storage_usage')).toEqual([]);
  });
});
