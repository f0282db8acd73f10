import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BlobStore } from '@berth/blob-store';
import { AppError } from '@berth/errors';
import { digestOf } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BLOB_STORE, BlobIndexStore } from '../blob.js';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { pullFrom, pushTo } from '../sample-content.suite.js';
import { UploadStore } from '../upload.js';
import { SlowRequest, untilStored } from './slow-request.suite.js';

const name = 'team/app';
const leaseMs = 30_000;
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

interface Row {
  readonly key: string;
  readonly offset_bytes: number;
  readonly writer: string | null;
}

async function rowOf(location: string): Promise<Row | undefined> {
  const id = location.split('/').at(-1);
  const [row] = await registry.db.query<Row>('select key, offset_bytes, writer from upload where id = $1', [id]);
  return row;
}

const fileOf = (key: string): string => join(place.dataDir, 'blobs', key.slice(-2), key);

async function start(): Promise<{ location: string; file: string; key: string }> {
  const answer = await registry.ask('POST', `/v2/${name}/blobs/uploads/`, pushTo(name));
  const location = answer.headers.get('location') ?? '';
  const { key = '' } = (await rowOf(location)) ?? {};
  return { location, key, file: fileOf(key) };
}

/** A request that has sent some bytes, and which the registry is writing. */
async function writing(method: string, path: string, { bytes, file }: { bytes: Buffer; file: string }) {
  const request = SlowRequest.begin(registry, { method, path, token: place.identity.token(pushTo(name).access) });
  const before = statSync(file).size;
  request.send(bytes);
  await untilStored(() => statSync(file).size, before + bytes.length);
  return request;
}

const patch = (location: string, body: Buffer, at = registry) => at.ask('PATCH', location, { ...pushTo(name), body });
const put = (location: string, bytes: Buffer, body?: Buffer) =>
  registry.ask('PUT', `${location}?digest=${digestOf(bytes)}`, { ...pushTo(name), ...(body && { body }) });
const rangeOf = async (location: string) => (await registry.ask('GET', location, pushTo(name))).headers.get('range');

async function pulled(bytes: Buffer): Promise<boolean> {
  const answer = await registry.ask('GET', `/v2/${name}/blobs/${digestOf(bytes)}`, pullFrom(name));
  return bytes.equals(Buffer.from(await answer.arrayBuffer()));
}

describe('a writer that is not heard of any more', () => {
  it('is waited for until its lease is over', async () => {
    const { location, file } = await start();
    const request = await writing('PATCH', location, { bytes: randomBytes(500), file });
    expect((await patch(location, randomBytes(10))).status).toBe(416);
    registry.advance(leaseMs - 1_000);
    const answer = await patch(location, randomBytes(10));
    expect([answer.status, answer.headers.get('location'), answer.headers.get('range')]).toEqual([
      ...[416, location, '0-0'],
    ]);
    request.end();
    expect((await request.answer()).status).toBe(202);
  });

  it('keeps its lease as long as bytes arrive', async () => {
    const { location, file } = await start();
    const request = await writing('PATCH', location, { bytes: randomBytes(50_000), file });
    for (let i = 1; i <= 5; i++) {
      registry.advance(leaseMs / 2);
      request.send(randomBytes(5_000));
      await untilStored(() => statSync(file).size, 50_000 + i * 5_000);
      expect((await patch(location, randomBytes(10))).status).toBe(416);
    }
    request.end();
    expect((await request.answer()).headers.range).toBe('0-74999');
  });

  it('goes on while Postgres gives no answer, and counts once it does', async () => {
    const { location, file } = await start();
    const request = await writing('PATCH', location, { bytes: randomBytes(500), file });
    const silent = new AppError({ kind: 'unavailable', message: 'the database does not answer' });
    const store = registry.app.get(UploadStore, { strict: false });
    const renewals = vi.spyOn(store, 'renewLease').mockRejectedValue(silent);
    const ends = vi.spyOn(store, 'endWriting').mockRejectedValueOnce(silent);
    registry.advance(leaseMs / 2);
    request.send(randomBytes(100));
    await untilStored(() => statSync(file).size, 600);
    request.end();
    const { status, headers } = await request.answer();
    expect([status, headers.range]).toEqual([202, '0-599']);
    expect([renewals.mock.calls.length, ends.mock.calls.length]).toEqual([1, 2]);
    vi.restoreAllMocks();
  });

  it.each(['and sends more', 'and ends'])(
    'can never touch what the one wrote that went on in its place, when it comes back %s',
    async (how) => {
      const [bytes, ghost] = [randomBytes(3_000), randomBytes(2_000)];
      const { location, file, key } = await start();
      await patch(location, bytes.subarray(0, 1_000));
      const zombie = await writing('PATCH', location, { bytes: ghost.subarray(0, 1_500), file });
      registry.advance(leaseMs);
      expect((await patch(location, bytes.subarray(1_000, 2_000))).headers.get('range')).toBe('0-1999');
      const row = await rowOf(location);
      expect(row?.key).not.toBe(key);
      zombie.end(how === 'and ends' ? undefined : ghost.subarray(1_500));
      expect((await zombie.answer()).status).toBe(416);
      expect(await rowOf(location)).toEqual({ ...row, writer: null });
      expect((await put(location, bytes, bytes.subarray(2_000))).status).toBe(201);
      expect(await pulled(bytes)).toBe(true);
      const doomed = await registry.db.query<{ key: string }>('select key from doomed_key');
      expect(doomed.map((each) => each.key)).toContain(key);
    },
  );

  it('can not finish what another one finished, nor cancel it', async () => {
    const [bytes, ghost] = [randomBytes(2_000), randomBytes(1_000)];
    const { location, file } = await start();
    await patch(location, bytes.subarray(0, 1_000));
    const url = `${location}?digest=${digestOf(Buffer.concat([bytes.subarray(0, 1_000), ghost]))}`;
    const zombie = await writing('PUT', url, { bytes: ghost, file });
    registry.advance(leaseMs);
    expect((await put(location, bytes, bytes.subarray(1_000))).status).toBe(201);
    zombie.end();
    expect((await zombie.answer()).status).toBe(404);
    expect(await pulled(bytes)).toBe(true);
  });

  it('is told that the upload is gone when it was cancelled meanwhile', async () => {
    const { location, file } = await start();
    const request = await writing('PATCH', location, { bytes: randomBytes(500), file });
    expect((await registry.ask('DELETE', location, pushTo(name))).status).toBe(204);
    request.end();
    expect((await request.answer()).status).toBe(416);
    expect((await registry.ask('GET', location, pushTo(name))).status).toBe(404);
  });

  it('is not one whose store takes its time to copy or to seal', async () => {
    const bytes = randomBytes(1_000);
    const { location, file } = await start();
    await patch(location, bytes);
    const zombie = await writing('PATCH', location, { bytes: randomBytes(500), file });
    const intervals = vi.spyOn(globalThis, 'setInterval');
    registry.advance(leaseMs);
    expect((await put(location, bytes)).status).toBe(201);
    const timers = intervals.mock.calls.filter(([, ms]) => ms === 10_000);
    expect(timers).toHaveLength(2);
    intervals.mockRestore();
    zombie.end();
    expect((await zombie.answer()).status).toBe(416);
  });

  it('leaves no bytes without a row when the copy of what it wrote fails', async () => {
    const { location, file, key } = await start();
    const request = await writing('PATCH', location, { bytes: randomBytes(500), file });
    registry.advance(leaseMs);
    const copied = vi.spyOn(registry.app.get<BlobStore>(BLOB_STORE, { strict: false }), 'copy');
    copied.mockRejectedValueOnce(new Error('no answer'));
    expect((await patch(location, randomBytes(10))).status).toBe(500);
    expect((await rowOf(location))?.key).toBe(key);
    const others = 'select 1 from upload where writer is not null and key <> $1';
    expect(await registry.db.query(others, [key])).toEqual([]);
    expect((await patch(location, randomBytes(10))).status).toBe(202);
    request.end();
    expect((await request.answer()).status).toBe(416);
  });
});

describe('an end that fails when its bytes are sealed', () => {
  it('is done again at once, under another key, as what is sealed never grows', async () => {
    const bytes = randomBytes(1_000);
    const { location, key } = await start();
    await patch(location, bytes.subarray(0, 400));
    const add = vi.spyOn(registry.app.get(BlobIndexStore, { strict: false }), 'add');
    add.mockRejectedValueOnce(new Error('no answer'));
    expect((await put(location, bytes, bytes.subarray(400))).status).toBe(500);
    expect(await rangeOf(location)).toBe('0-399');
    expect((await put(location, bytes, bytes.subarray(400))).status).toBe(201);
    const [blob] = await registry.db.query<{ key: string }>('select key from blob where digest = $1', [
      digestOf(bytes),
    ]);
    expect(blob?.key).not.toBe(key);
    expect(await pulled(bytes)).toBe(true);
  });
});

describe('a process that starts again under its name', () => {
  it('frees at once what it was writing when it died, and leaves alone what others write', async () => {
    const [mine, theirs] = [await start(), await start()];
    const set = `update upload set writer = gen_random_uuid(), writer_instance = $2, lease_until = $3 where key = $1`;
    const until = new Date(Date.now() + 3_600_000);
    await registry.db.query(set, [mine.key, 'registry-9', until]);
    await registry.db.query(set, [theirs.key, 'registry-8', until]);
    const restarted = await TestRegistry.start(place, { instance: 'registry-9' });
    expect((await patch(mine.location, randomBytes(10), restarted)).status).toBe(202);
    expect((await patch(theirs.location, randomBytes(10), restarted)).status).toBe(416);
    await restarted.stop();
    expect(existsSync(mine.file)).toBe(true);
  });
});

describe('a PATCH whose connection breaks', () => {
  it.each([null, '0-9999'])('counts as far as it came (Content-Range: %s)', async (range) => {
    const bytes = randomBytes(10_000);
    const { location, file } = await start();
    const request = await writing('PATCH', location, { bytes: bytes.subarray(0, 4_000), file });
    request.break();
    await vi.waitFor(async () => expect(await rangeOf(location)).toBe('0-3999'));
    const headers: Record<string, string> = range === null ? {} : { 'content-range': '4000-9999' };
    const rest = await registry.ask('PATCH', location, { ...pushTo(name), body: bytes.subarray(4_000), headers });
    expect([rest.status, rest.headers.get('range')]).toEqual([202, '0-9999']);
    expect((await put(location, bytes)).status).toBe(201);
    expect(await pulled(bytes)).toBe(true);
  });

  it('counts nothing of it when the right was taken away meanwhile', async () => {
    const { location, file } = await start();
    const token = place.identity.token(pushTo(name).access, { ver: { 'scope-map:broken': 1 } });
    const request = SlowRequest.begin(registry, { method: 'PATCH', path: location, token });
    request.send(randomBytes(1_000));
    await untilStored(() => statSync(file).size, 1_000);
    await registry.raiseMinimum('scope-map:broken', 2);
    request.break();
    await vi.waitFor(async () => expect((await rowOf(location))?.writer).toBeNull());
    expect(await rangeOf(location)).toBe('0-0');
    expect(statSync(file).size).toBe(0);
  });
});
