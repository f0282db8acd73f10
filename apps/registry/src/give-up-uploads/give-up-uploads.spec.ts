import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { pushTo } from '../sample-content.suite.js';
import { UploadStore } from '../upload.js';
import { GiveUpUploads } from './give-up-uploads.js';

const name = 'team/app';
const dayMs = 86_400_000;
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

async function startUpload(): Promise<{ location: string; key: string }> {
  const answer = await registry.ask('POST', `/v2/${name}/blobs/uploads/`, pushTo(name));
  const location = answer.headers.get('location') ?? '';
  const [row] = await registry.db.query<{ key: string }>('select key from upload where id = $1', [
    location.split('/').at(-1),
  ]);
  return { location, key: row?.key ?? '' };
}

/** A token as it would be made so much later. */
function tokenAfter(ms: number): string {
  const iat = Math.floor((Date.now() + ms) / 1000);
  return place.identity.token(pushTo(name).access, { iat, nbf: iat, exp: iat + 300 });
}

const job = () => registry.app.get(GiveUpUploads, { strict: false });

describe('uploads that nobody goes on with', () => {
  it('are given up after a day, and their bytes are the collector’s then', async () => {
    const [idle, touched] = [await startUpload(), await startUpload()];
    registry.advance(dayMs - 60_000);
    await registry.ask('PATCH', touched.location, { token: tokenAfter(dayMs - 60_000), body: 'still here' });
    expect(await job().giveUp()).toBe(0);
    registry.advance(60_001);
    expect(await job().giveUp()).toBe(1);
    const token = tokenAfter(dayMs);
    const [gone, there] = [idle, touched].map(({ location }) => registry.ask('GET', location, { token }));
    expect([(await gone)?.status, (await there)?.status]).toEqual([404, 204]);
    const doomed = await registry.db.query<{ key: string }>('select key from doomed_key');
    expect(doomed).toEqual([{ key: idle.key }]);
    expect(existsSync(join(place.dataDir, 'blobs', idle.key.slice(-2), idle.key))).toBe(true);
  });

  it('are given up in batches, by several replicas at once', async () => {
    const replica = await TestRegistry.start(place, { instance: 'registry-2' });
    await registry.db.query(`delete from upload`);
    await registry.db.query(
      `insert into upload (id, account, registry_id, repository, principal, key, algorithm, started_at, touched_at)
       select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'a', 'token:a', 'key-of-it-' || n, 'sha256',
              now() - interval '7 days', now() - interval '7 days'
         from generate_series(1, 250) n`,
    );
    const both = [job().giveUp(), replica.app.get(GiveUpUploads, { strict: false }).giveUp()];
    const counts = await Promise.all(both);
    expect((counts[0] ?? 0) + (counts[1] ?? 0) + (await job().giveUp())).toBe(250);
    expect(await registry.db.query(`select 1 from doomed_key where key like 'key-of-it-%'`)).toHaveLength(250);
    await replica.stop();
  });
});

describe('a start', () => {
  it('does not fail when uploads of the last run can not be freed', async () => {
    const free = vi.spyOn(registry.app.get(UploadStore, { strict: false }), 'abandonWrittenBy');
    free.mockRejectedValueOnce(new Error('no answer'));
    await expect(job().onApplicationBootstrap()).resolves.toBeUndefined();
    await job().beforeApplicationShutdown();
  });
});
