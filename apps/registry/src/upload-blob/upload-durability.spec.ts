import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Outbox } from '@berth/messaging';
import { digestOf } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BlobIndexStore } from '../blob.js';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, pullFrom, pushTo } from '../sample-content.suite.js';
import { UploadStore } from '../upload.js';
import { RunningDigests } from './running-digests.js';

const name = 'team/app';
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

const postWhole = (bytes: Buffer, repository = name) =>
  registry.ask('POST', `/v2/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`, {
    ...pushTo(repository),
    body: bytes,
  });

/** Every file of the blob store. */
function keysOnDisk(): string[] {
  const folder = join(place.dataDir, 'blobs');
  return readdirSync(folder).flatMap((part) => readdirSync(join(folder, part)));
}

async function keysInRows(): Promise<string[]> {
  const rows = await registry.db.query<{ key: string }>('select key from blob union all select key from upload');
  return rows.map(({ key }) => key);
}

async function startUpload(): Promise<{ location: string; file: string }> {
  const answer = await registry.ask('POST', `/v2/${name}/blobs/uploads/`, pushTo(name));
  const location = answer.headers.get('location') ?? '';
  const [row] = await registry.db.query<{ key: string }>('select key from upload where id = $1', [
    location.split('/').at(-1),
  ]);
  const key = row?.key ?? '';
  return { location, file: join(place.dataDir, 'blobs', key.slice(-2), key) };
}

describe('bytes and rows', () => {
  it('E16 leave nothing, never a row without bytes, when the transaction does not happen', async () => {
    const before = [keysOnDisk(), await keysInRows()];
    const bytes = randomBytes(1000);
    const add = vi.spyOn(registry.app.get(BlobIndexStore, { strict: false }), 'add');
    add.mockRejectedValueOnce(new Error('the process dies here'));
    expect((await postWhole(bytes)).status).toBe(500);
    expect([keysOnDisk(), await keysInRows()]).toEqual(before);
    expect(await registry.db.query('select 1 from blob where digest = $1', [digestOf(bytes)])).toEqual([]);
    expect((await postWhole(bytes)).status).toBe(201);
  });

  it('do not change without their event: no blob is there when it can not be written', async () => {
    const bytes = randomBytes(1000);
    const record = vi.spyOn(registry.app.get(Outbox, { strict: false }), 'record');
    record.mockRejectedValueOnce(new Error('no room in the outbox'));
    expect((await postWhole(bytes)).status).toBe(500);
    expect(await registry.db.query('select 1 from blob where digest = $1', [digestOf(bytes)])).toEqual([]);
    expect((await postWhole(bytes)).status).toBe(201);
    expect((await registry.recorded()).at(-1)).toMatchObject({
      event: 'blob-uploaded',
      target: { digest: digestOf(bytes) },
    });
  });

  it('leave the bytes of a digest that is live already to the collector, in any repository', async () => {
    const bytes = randomBytes(1000);
    await postWhole(bytes);
    const before = keysOnDisk();
    expect((await postWhole(bytes)).status).toBe(201);
    expect((await postWhole(bytes, 'team/other')).status).toBe(201);
    const doomed = await registry.db.query<{ key: string }>('select key from doomed_key');
    const left = keysOnDisk().filter((key) => !before.includes(key));
    expect(left).toHaveLength(2);
    expect(doomed.map(({ key }) => key)).toEqual(expect.arrayContaining(left));
    const pulled = await registry.ask('GET', `/v2/team/other/blobs/${digestOf(bytes)}`, pullFrom('team/other'));
    expect(Buffer.from(await pulled.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('of a refused upload are removed', async () => {
    const before = keysOnDisk().length;
    const path = `/v2/${name}/blobs/uploads/?digest=${digestOf(Buffer.from('other'))}`;
    const answer = await registry.ask('POST', path, { ...pushTo(name), body: randomBytes(1000) });
    expect(answer.status).toBe(400);
    await answer.body?.cancel();
    expect(keysOnDisk()).toHaveLength(before);
  });

  it('that do not fit on the disk are answered 503 in plain words, and the upload is gone with them', async () => {
    const { location, file } = await startUpload();
    await unlink(file);
    await symlink('/dev/full', file);
    const answer = await registry.ask('PATCH', location, { ...pushTo(name), body: randomBytes(1000) });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(await answer.json()).toMatchObject({ errors: [{ message: 'there is no room left for blobs' }] });
    expect((await registry.ask('GET', location, pushTo(name))).status).toBe(404);
    expect(existsSync(file)).toBe(false);
    expect((await postWhole(randomBytes(1000))).status).toBe(201);
  });

  it('E15 that are fewer than was acknowledged are refused, and the upload is gone', async () => {
    const { location, file } = await startUpload();
    await registry.ask('PATCH', location, { ...pushTo(name), body: randomBytes(1000) });
    truncateSync(file, 500);
    const answer = await registry.ask('PATCH', location, { ...pushTo(name), body: randomBytes(1000) });
    expect(answer.status).toBe(503);
    expect((await registry.ask('GET', location, pushTo(name))).status).toBe(404);
  });

  it('E15 that are others than was acknowledged never become the blob: no hash state is stored that could hide it', async () => {
    const bytes = randomBytes(1000);
    const { location, file } = await startUpload();
    await registry.ask('PATCH', location, { ...pushTo(name), body: bytes });
    writeFileSync(file, randomBytes(1000));
    const replica = await TestRegistry.start(place, { instance: 'registry-2' });
    const answer = await replica.ask('PUT', `${location}?digest=${digestOf(bytes)}`, pushTo(name));
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'DIGEST_INVALID']);
    expect((await replica.ask('GET', location, pushTo(name))).status).toBe(404);
    await replica.stop();
  });

  it('of 32 uploads at once stay out of memory', { timeout: 60_000 }, async () => {
    const chunk = randomBytes(256 * 1024);
    const chunks = 64;
    const digest = digestOf(Buffer.concat(Array.from({ length: chunks }, () => chunk)));
    const before = memoryBytes();
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, memoryBytes() - before)), 20);
    const uploads = Array.from({ length: 32 }, async () => {
      const { location } = await startUpload();
      expect(await stream(location, { chunk, chunks })).toBe(202);
      return registry.ask('PUT', `${location}?digest=${digest}`, pushTo(name));
    });
    const statuses = (await Promise.all(uploads)).map(({ status }) => status);
    clearInterval(watch);
    expect(new Set(statuses)).toEqual(new Set([201]));
    // 512 MiB went through, and the clients are in this process too.
    expect(peak / 1024 / 1024).toBeLessThan(256);
  });
});

describe('an upload whose request failed', () => {
  it('becomes a blob of the acknowledged bytes alone, in the file too', async () => {
    const bytes = randomBytes(100_000);
    const { location, file } = await startUpload();
    expect((await patch(location, bytes)).status).toBe(202);
    const headers = { 'content-range': `${bytes.length}-${bytes.length + 9}` };
    const body = randomBytes(70_000);
    const refused = await registry.ask('PATCH', location, { ...pushTo(name), body, headers });
    expect([refused.status, await codeOf(refused)]).toEqual([400, 'SIZE_INVALID']);
    expect((await put(location, bytes)).status).toBe(201);
    const pulled = await registry.ask('GET', `/v2/${name}/blobs/${digestOf(bytes)}`, pullFrom(name));
    expect(bytes.equals(Buffer.from(await pulled.arrayBuffer()))).toBe(true);
    expect(statSync(file).size).toBe(bytes.length);
  });

  const patch = (location: string, bytes: Buffer) => registry.ask('PATCH', location, { ...pushTo(name), body: bytes });
  const put = (location: string, bytes: Buffer, body?: Buffer) =>
    registry.ask('PUT', `${location}?digest=${digestOf(bytes)}`, { ...pushTo(name), ...(body && { body }) });

  it('goes on where it was acknowledged, when the end of a chunk could not be stored', async () => {
    const bytes = randomBytes(1000);
    const { location } = await startUpload();
    vi.spyOn(registry.app.get(UploadStore, { strict: false }), 'endWriting').mockRejectedValueOnce(
      new Error('no answer'),
    );
    expect((await patch(location, bytes)).status).toBe(500);
    expect((await patch(location, bytes)).status).toBe(202);
    expect((await put(location, bytes)).status).toBe(201);
  });

  it('goes on when its bytes could not be read again', async () => {
    const bytes = randomBytes(1000);
    const { location } = await startUpload();
    await patch(location, bytes.subarray(0, 400));
    const digests = registry.app.get(RunningDigests, { strict: false });
    vi.spyOn(digests, 'digestBytes').mockRejectedValueOnce(new Error('no answer'));
    const digest = digestOf(bytes, 'sha512');
    const finish = () =>
      registry.ask('PUT', `${location}?digest=${digest}`, { ...pushTo(name), body: bytes.subarray(400) });
    expect((await finish()).status).toBe(500);
    expect((await finish()).status).toBe(201);
  });

  it('goes on when it could not be forgotten', async () => {
    const bytes = randomBytes(1000);
    const { location } = await startUpload();
    vi.spyOn(registry.app.get(UploadStore, { strict: false }), 'discard').mockRejectedValueOnce(new Error('no answer'));
    expect((await put(location, bytes, randomBytes(1000))).status).toBe(500);
    expect((await put(location, bytes, bytes)).status).toBe(201);
  });
});

/** Heap and buffers of this spec's thread; other specs run in the same process. */
function memoryBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Sends a body as fast as it is taken. */
async function stream(location: string, { chunk, chunks }: { chunk: Buffer; chunks: number }): Promise<number> {
  const headers = { authorization: `Bearer ${place.identity.token(pushTo(name).access)}` };
  const sent = httpRequest(`${registry.url}${location}`, { method: 'PATCH', headers });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  for (let i = 0; i < chunks; i++) if (!sent.write(chunk)) await once(sent, 'drain');
  sent.end();
  const [answer] = await answered;
  answer.resume();
  return answer.statusCode ?? 0;
}
