import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '@berth/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collectAll, collectorOf } from './collect-garbage/garbage.suite.js';
import { newPlace, TestRegistry, type TestPlace } from './registry.suite.js';
import { imageOf, putManifest, pushBlob, pullFrom, pushTo } from './sample-content.suite.js';
import { counted, forgetContents, limitStorage, recounted } from './storage-quota.suite.js';
import { SlowRequest } from './upload-blob/slow-request.suite.js';

const kibibyte = 1024;
const name = 'team/app';
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
});

beforeEach(async () => {
  await limitStorage(registry, {});
  await forgetContents(registry);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const token = () => place.identity.token(pushTo(name).access);

async function start(repository = name): Promise<string> {
  const answer = await registry.ask('POST', `/v2/${repository}/blobs/uploads/`, pushTo(repository));
  expect(answer.status).toBe(202);
  return answer.headers.get('location') ?? '';
}

const push = (bytes: Buffer, repository = name) =>
  registry.ask('POST', `/v2/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`, {
    ...pushTo(repository),
    body: bytes,
  });

/** Without a length, as docker sends a layer. */
const stream = (bytes: Buffer): RequestInit => ({ body: new Blob([bytes]).stream(), duplex: 'half' }) as RequestInit;

function keysOnDisk(): string[] {
  const folder = join(place.dataDir, 'blobs');
  return readdirSync(folder).flatMap((part) => readdirSync(join(folder, part)));
}

async function refused(answer: Response, words: string): Promise<void> {
  expect(answer.status).toBe(403);
  const message = `requested access to the resource is denied: it would exceed the storage quota of ${words}`;
  expect(await answer.json()).toMatchObject({ errors: [{ code: 'DENIED', message, detail: { reason: 'quota' } }] });
  expect(registry.spooled().at(-1)).toMatchObject({ event: 'refused', reason: 'quota', target: { repository: name } });
}

/** Nothing is left of an upload: no row, no bytes, nothing reserved. */
async function expectGone(location: string, keys: readonly string[]): Promise<void> {
  expect((await registry.ask('GET', location, pushTo(name))).status).toBe(404);
  expect(keysOnDisk().filter((key) => !keys.includes(key))).toEqual([]);
  expect(await counted(registry)).toEqual(await recounted(registry));
}

describe('E12 a push beyond the quota', () => {
  it('of a whole blob is refused before its bytes are read, with what is used and allowed', async () => {
    await limitStorage(registry, { registry: 100 * kibibyte });
    await pushBlob(registry, name, randomBytes(60 * kibibyte));
    const keys = keysOnDisk();
    const blob = randomBytes(50 * kibibyte);
    await refused(await push(blob), `the registry: used ${60 * kibibyte} of ${100 * kibibyte} bytes`);
    expect(keysOnDisk()).toEqual(keys);
    const path = `/v2/${name}/blobs/uploads/?digest=${digestOf(blob)}`;
    const slow = SlowRequest.begin(registry, { method: 'POST', path, token: token(), bytes: blob.length });
    expect((await slow.answer()).status).toBe(403);
    expect(await counted(registry)).toEqual({ '': [60 * kibibyte, 0], team: [60 * kibibyte, 0] });
  });

  it('of a chunked body is refused after some bytes, and session and bytes are gone', async () => {
    await limitStorage(registry, { namespaces: { team: 300 * kibibyte } });
    const keys = keysOnDisk();
    const location = await start();
    const answer = await registry.ask('PATCH', location, { ...pushTo(name), ...stream(randomBytes(1_000_000)) });
    await refused(answer, `namespace team: used 0 of ${300 * kibibyte} bytes`);
    await expectGone(location, keys);
    const first = await start();
    expect((await registry.ask('PATCH', first, { ...pushTo(name), body: randomBytes(200_000) })).status).toBe(202);
    const more = await registry.ask('PATCH', first, { ...pushTo(name), ...stream(randomBytes(200_000)) });
    expect(more.status).toBe(403);
    await expectGone(first, keys);
  });

  it('of a chunk that says its size, or comes with the closing PUT, is refused at its start', async () => {
    await limitStorage(registry, { registry: 1000 });
    const keys = keysOnDisk();
    for (const headers of [{}, { 'content-range': '0-1000' }]) {
      const location = await start();
      const chunk = { ...pushTo(name), headers, body: randomBytes(1001) };
      expect((await registry.ask('PATCH', location, chunk)).status).toBe(403);
      await expectGone(location, keys);
    }
    const bytes = randomBytes(1001);
    const location = await start();
    const put = await registry.ask('PUT', `${location}?digest=${digestOf(bytes)}`, { ...pushTo(name), body: bytes });
    await refused(put, 'the registry: used 0 of 1000 bytes');
    await expectGone(location, keys);
  });

  it('that began before there was a limit is refused at its end', async () => {
    const bytes = randomBytes(2000);
    const keys = keysOnDisk();
    const location = await start();
    expect((await registry.ask('PATCH', location, { ...pushTo(name), body: bytes })).status).toBe(202);
    await limitStorage(registry, { registry: 1000 });
    const put = await registry.ask('PUT', `${location}?digest=${digestOf(bytes)}`, pushTo(name));
    await refused(put, 'the registry: used 0 of 1000 bytes');
    await expectGone(location, keys);
    expect(await registry.db.query('select 1 from blob')).toEqual([]);
  });

  it('by a mount of what the namespace has not got yet is refused, of what it has got not', async () => {
    await limitStorage(registry, { registry: 1000, namespaces: { team: 900 } });
    const digest = await pushBlob(registry, 'other/app', randomBytes(950));
    const access = { [name]: ['pull', 'push'], 'team/two': ['pull', 'push'], 'other/app': ['pull'] };
    const mount = (to: string, from: string) =>
      registry.ask('POST', `/v2/${to}/blobs/uploads/?mount=${digest}&from=${from}`, { access });
    await refused(await mount(name, 'other/app'), 'namespace team: used 0 of 900 bytes');
    await limitStorage(registry, { registry: 1000, namespaces: { team: 950 } });
    expect((await mount(name, 'other/app')).status).toBe(201);
    expect((await mount('team/two', name)).status).toBe(201);
    expect(await counted(registry)).toEqual({ '': [950, 0], other: [950, 0], team: [950, 0] });
  });

  it('of a manifest is refused, and again of one that is there not', async () => {
    const layer = randomBytes(100);
    await pushBlob(registry, name, layer);
    await pushBlob(
      registry,
      name,
      Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'),
    );
    const manifest = imageOf(layer);
    const [used = 0] = (await counted(registry))[''] ?? [];
    await limitStorage(registry, { registry: used + manifest.length - 1 });
    const path = `/v2/${name}/manifests/v1`;
    await refused(
      await putManifest(registry, path, manifest),
      `the registry: used ${used} of ${used + manifest.length - 1} bytes`,
    );
    await limitStorage(registry, { registry: used + manifest.length });
    expect((await putManifest(registry, path, manifest)).status).toBe(201);
    await limitStorage(registry, { registry: 1 });
    expect((await putManifest(registry, path, manifest)).status).toBe(201);
    expect(await counted(registry)).toEqual(await recounted(registry));
  });
});

describe('E12 a quota', () => {
  it('lets in what fits exactly, from many clients at once, and never a byte more', async () => {
    await limitStorage(registry, { registry: 400 * kibibyte });
    const pushes = Array.from({ length: 12 }, async (_, i) => {
      const bytes = randomBytes(100 * kibibyte);
      if (i % 2 === 0) return (await push(bytes)).status;
      const location = await start();
      const patched = await registry.ask('PATCH', location, { ...pushTo(name), ...stream(bytes) });
      if (patched.status !== 202) return patched.status;
      return (await registry.ask('PUT', `${location}?digest=${digestOf(bytes)}`, pushTo(name))).status;
    });
    const statuses = await Promise.all(pushes);
    const taken = statuses.filter((status) => status === 201).length;
    expect(new Set(statuses)).toEqual(new Set([201, 403]));
    expect(await counted(registry)).toEqual({
      '': [taken * 100 * kibibyte, 0],
      team: [taken * 100 * kibibyte, 0],
    });
    expect(taken).toBeLessThanOrEqual(4);
    while ((await counted(registry))['']?.[0] !== 400 * kibibyte)
      await pushBlob(registry, name, randomBytes(100 * kibibyte));
    expect((await push(randomBytes(1))).status).toBe(403);
  });

  it('below what is used takes nothing new, and lets pull, delete and push what is there', async () => {
    const bytes = randomBytes(1000);
    const digest = await pushBlob(registry, name, bytes);
    await limitStorage(registry, { registry: 10 });
    expect((await push(randomBytes(1))).status).toBe(403);
    expect((await registry.ask('GET', `/v2/${name}/blobs/${digest}`, pullFrom(name))).status).toBe(200);
    const access = { [name]: ['pull', 'push', 'delete'] };
    expect((await registry.ask('DELETE', `/v2/${name}/blobs/${digest}`, { access })).status).toBe(202);
    expect(await counted(registry)).toEqual({ '': [1000, 0], team: [1000, 0] });
    expect((await push(randomBytes(1))).status).toBe(403);
    await collectAll(registry);
    expect(await counted(registry)).toEqual({});
    expect((await push(randomBytes(10))).status).toBe(201);
  });

  it('counts what is deleted until its bytes are gone, and what is pushed again once', async () => {
    await limitStorage(registry, { registry: 3000 });
    const bytes = randomBytes(1000);
    const access = { [name]: ['pull', 'push', 'delete'], 'other/app': ['pull', 'push'] };
    const remove = (digest: string) => registry.ask('DELETE', `/v2/${name}/blobs/${digest}`, { access });
    await pushBlob(registry, 'other/app', bytes);
    for (let i = 0; i < 3; i++) {
      expect((await push(bytes)).status).toBe(201);
      expect((await remove(digestOf(bytes))).status).toBe(202);
    }
    const used = { '': [1000, 0], other: [1000, 0], team: [1000, 0] };
    expect([await counted(registry), await recounted(registry)]).toEqual([used, used]);
    for (let i = 0; i < 2; i++) await remove(await pushBlob(registry, name, randomBytes(1000)));
    expect((await push(randomBytes(1))).status).toBe(403);
    await registry.db.query(`update blob_review set review_after = now() - interval '1 minute'`);
    await collectorOf(registry).round();
    expect(await counted(registry)).toEqual({ '': [1000, 0], other: [1000, 0] });
  });

  it('tells once that 85 % are passed, each time that they are', async () => {
    await limitStorage(registry, { registry: 1000, namespaces: { team: 10_000 } });
    const told = async () => (await registry.recorded()).filter(({ event }) => event === 'quota-neared');
    const before = (await told()).length;
    await pushBlob(registry, name, randomBytes(849));
    expect(await told()).toHaveLength(before);
    const digest = await pushBlob(registry, name, Buffer.from('x'));
    await pushBlob(registry, name, randomBytes(100));
    const entries = (await told()).slice(before);
    expect(entries).toMatchObject([
      { asked: 'limit=1000', target: { bytes: 850 }, actor: { name: expect.anything() } },
    ]);
    const access = { [name]: ['pull', 'push', 'delete'] };
    await registry.db.query(`update storage_usage set used_bytes = 849`);
    await registry.ask('DELETE', `/v2/${name}/blobs/${digest}`, { access });
    await pushBlob(registry, name, Buffer.from('xyz'));
    expect(await told()).toHaveLength(before + 2);
  });
});
