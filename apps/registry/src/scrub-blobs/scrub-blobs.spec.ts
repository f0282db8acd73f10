import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BlobStore } from '@berth/blob-store';
import { AppError } from '@berth/errors';
import { digestOf, type Digest } from '@berth/oci';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BLOB_STORE } from '../blob.js';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, pullFrom, pushBlob, pushConfig, imageOf, putManifest, pushTo } from '../sample-content.suite.js';
import { ScrubBlobs, type ScrubOutcome } from './scrub-blobs.js';

let place: TestPlace;
let one: TestRegistry;
let two: TestRegistry;
const { signal } = new AbortController();

beforeAll(async () => {
  place = await newPlace();
  one = await TestRegistry.start(place);
  two = await TestRegistry.start(place, { instance: 'registry-2' });
});

afterAll(async () => {
  await one.stop();
  await two.stop();
  await place.remove();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await scrubAll();
});

const scrubberOf = ({ app }: TestRegistry) => app.get(ScrubBlobs, { strict: false });
const storeOf = ({ app }: TestRegistry) => app.get<BlobStore>(BLOB_STORE, { strict: false });

/** One cycle, both replicas in turn. */
async function scrubAll(): Promise<readonly ScrubOutcome[]> {
  const outcomes: ScrubOutcome[] = [];
  for (let i = 0; ; i++) {
    const outcome = await scrubberOf(i % 2 === 0 ? one : two).scrubNext(signal);
    if (outcome === null) return outcomes;
    outcomes.push(outcome);
  }
}

/** As if a day had passed. */
const tomorrow = () => one.db.query(`update blob set verified_at = verified_at - interval '25 hours'`);

async function pathOf(digest: Digest): Promise<string> {
  const [row] = await one.db.query<{ key: string }>(`select key from blob where digest = $1`, [digest]);
  const key = row?.key ?? '';
  return join(place.dataDir, 'blobs', key.slice(-2), key);
}

async function flipByte(digest: Digest): Promise<void> {
  const path = await pathOf(digest);
  const bytes = readFileSync(path);
  bytes[3] = (bytes[3] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

const get = (from: TestRegistry, name: string, digest: Digest, access = pullFrom(name)) =>
  from.ask('GET', `/v2/${name}/blobs/${digest}`, access);

/** Of an image, so that everybody may pull it. */
async function pushLayer(name: string, bytes: Buffer): Promise<Digest> {
  await pushConfig(one, name);
  const digest = await pushBlob(one, name, bytes);
  const image = imageOf(bytes);
  expect((await putManifest(one, `/v2/${name}/manifests/${digestOf(image)}`, image)).status).toBe(201);
  return digest;
}

describe('experiment 30: a flipped byte', () => {
  it('is found in one cycle wherever it is; the blob is never answered 200 then, until it is pushed again', async () => {
    const contents = Array.from({ length: 30 }, () => randomBytes(70_000));
    const digests: Digest[] = [];
    for (const content of contents) digests.push(await pushLayer('scrub/flip', content));
    const flipped = digests.filter((_, i) => i % 3 === 0);
    // Replicas remember the links.
    for (const digest of digests) expect((await get(two, 'scrub/flip', digest)).status).toBe(200);
    for (const digest of flipped) await flipByte(digest);
    const outcomes = await scrubAll();
    expect(outcomes.filter((outcome) => outcome === 'bad')).toHaveLength(flipped.length);
    for (const digest of flipped) {
      for (const each of [one, two]) expect((await get(each, 'scrub/flip', digest)).status).toBe(503);
      const pusher = await get(two, 'scrub/flip', digest, pushTo('scrub/flip'));
      expect([pusher.status, await codeOf(pusher)]).toEqual([404, 'BLOB_UNKNOWN']);
    }
    for (const digest of digests.filter((each) => !flipped.includes(each))) {
      expect((await get(one, 'scrub/flip', digest)).status).toBe(200);
    }
    for (const content of contents) await pushBlob(two, 'scrub/flip', content);
    for (const [i, digest] of digests.entries()) {
      const answer = await get(one, 'scrub/flip', digest);
      expect([answer.status, Buffer.from(await answer.arrayBuffer()).equals(contents[i] ?? Buffer.of())]).toEqual([
        ...[200, true],
      ]);
    }
    expect((await scrubAll()).filter((outcome) => outcome !== 'good')).toEqual([]);
  });

  it('is told to the audit log once, by nobody in particular', async () => {
    const digest = await pushLayer('scrub/told', randomBytes(100));
    await flipByte(digest);
    await scrubAll();
    await tomorrow();
    await scrubAll();
    const entries = (await one.recorded()).filter(
      ({ event, target }) => event === 'blob-found-bad' && target.digest === digest,
    );
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ actor: { id: null }, reason: 'wrong-digest', target: { bytes: 100 } });
  });
});

describe('a scrubber', () => {
  it.each([
    { damage: 'missing', spoil: (path: string) => rmSync(path) },
    { damage: 'too-short', spoil: (path: string) => truncateSync(path, 50) },
  ])('finds bytes that are $damage', async ({ damage, spoil }) => {
    const digest = await pushLayer('scrub/lost', randomBytes(100));
    spoil(await pathOf(digest));
    expect((await scrubAll()).filter((outcome) => outcome === 'bad')).toHaveLength(1);
    expect((await one.recorded()).at(-1)).toMatchObject({ event: 'blob-found-bad', reason: damage });
  });

  it('says nothing about bytes while the store fails, and looks again ten minutes later', async () => {
    const digest = await pushLayer('scrub/away', randomBytes(100));
    const failing = new AppError({ kind: 'unavailable', message: 'store down' });
    for (const each of [one, two]) vi.spyOn(storeOf(each), 'open').mockRejectedValue(failing);
    expect(new Set(await scrubAll())).toEqual(new Set(['unreadable']));
    vi.restoreAllMocks();
    expect((await get(one, 'scrub/away', digest)).status).toBe(200);
    expect(await scrubAll()).toEqual([]);
    await one.db.query(`update blob set verified_at = verified_at - interval '11 minutes'`);
    expect(await scrubAll()).toContain('good');
  });

  it('believes a wrong hash only when it reads it twice', async () => {
    const digest = await pushLayer('scrub/once', randomBytes(100));
    const open = storeOf(one).open.bind(storeOf(one));
    vi.spyOn(storeOf(one), 'open').mockImplementationOnce((key) => open(key, { start: 0, end: 10 }));
    expect(await scrubAll()).not.toContain('bad');
    expect((await get(one, 'scrub/once', digest)).status).toBe(200);
  });

  it('does not mark a blob that got new bytes while it was read', async () => {
    const bytes = randomBytes(100);
    const digest = await pushLayer('scrub/swapped', bytes);
    await flipByte(digest);
    const size = storeOf(one).size.bind(storeOf(one));
    vi.spyOn(storeOf(one), 'size').mockImplementationOnce(async (key) => {
      await one.db.query(`update blob set key = 'another-key-' || left(key, 8) where digest = $1`, [digest]);
      return size(key);
    });
    expect(await scrubberOf(one).scrubNext(signal)).toBe('gone');
    await one.db.query(`update blob set bad_since = now() where digest = $1`, [digest]);
  });

  it('gives a blob back when it is stopped, and leaves it alone for a day when it was good', async () => {
    await pushLayer('scrub/stop', randomBytes(100));
    expect(await scrubAll()).toContain('good');
    expect(await scrubAll()).toEqual([]);
    await tomorrow();
    vi.spyOn(storeOf(one), 'size').mockRejectedValueOnce(new Error('broken off'));
    await expect(scrubberOf(one).scrubNext(AbortSignal.abort())).rejects.toThrow('broken off');
    const known = await one.db.query(`select 1 from blob where not deleting and bad_since is null`);
    expect(await scrubAll()).toHaveLength(known.length);
  });

  it('lets two replicas share the work', async () => {
    await tomorrow();
    const known = await one.db.query(`select 1 from blob where not deleting and bad_since is null`);
    const claims = await Promise.all(
      Array.from({ length: known.length + 5 }, (_, i) => scrubberOf(i % 2 === 0 ? one : two).scrubNext(signal)),
    );
    expect(claims.filter((outcome) => outcome !== null)).toHaveLength(known.length);
  });
});
