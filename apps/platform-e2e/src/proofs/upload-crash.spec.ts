import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '@berth/oci';
import {
  contentFaults,
  DockerClient,
  sampleImage,
  startTestPlatform,
  waitFor,
  type SampleImage,
  type TestPlatform,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const repository = 'samples/crashed';
const scope = `repository:${repository}:pull,push`;
const uploads = `/v2/${repository}/blobs/uploads/`;

/** The process is killed with 0 such pieces of a PATCH on the disk, then with 1, and so on. */
const boundary = 65_536;
const cutPoints = inject('cutPoints') ?? 3;

/** Bytes of an upload that a PATCH before has brought. */
const acknowledged = 100_000;

/** What GET said after each kill; null = the upload was gone. */
const resumedAt: (number | null)[] = [];

let berth: TestPlatform;
let client: DockerClient;

beforeAll(async () => {
  berth = await startTestPlatform();
  client = new DockerClient(registry().url, berth.admin);
});
afterAll(async () => berth?.stop());

function registry() {
  const [process] = berth.platform.services.registry;
  if (process === undefined) throw new Error('no registry process');
  return process;
}

const ask = (method: string, path: string, body?: Uint8Array, headers: Record<string, string> = {}) =>
  client.request(path, scope, { method, headers, ...(body && { body: Buffer.from(body) }) });

/** The registry, from now on ready to die at the place. */
async function restartToDieAt(point: string): Promise<void> {
  await registry().stop();
  await registry().start({ BERTH_FAIL_POINTS_ALLOWED: 'yes', BERTH_FAIL_POINT: point });
}

/** Whatever the client saw of it, the process is dead; then it is there again, without that. */
async function dies(during: Promise<unknown>): Promise<void> {
  await Promise.allSettled([during]);
  await waitFor('the registry is dead', { withinMs: 10_000 }, async () => (registry().pid === 0 ? true : null));
  expect(await faults()).toEqual([]);
  await registry().start();
}

const faults = () => contentFaults({ databaseUrl: berth.platform.endpoints.postgres, dataDir: berth.dataDir });

async function startUpload(): Promise<string> {
  const answer = await ask('POST', uploads);
  expect(answer.status).toBe(202);
  return answer.headers.get('location') ?? '';
}

/** Bytes that the upload says it has; null = it is gone. */
async function offsetOf(location: string): Promise<number | null> {
  const answer = await ask('GET', location);
  if (answer.status === 404) return null;
  expect(answer.status).toBe(204);
  const last = Number(/^0-(\d+)$/.exec(answer.headers.get('range') ?? '')?.[1]);
  return last === 0 ? 0 : last + 1;
}

/** A PATCH whose body has no end yet. */
function startPatch(location: string) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const headers = { authorization: `Bearer ${client.tokenFor(scope) ?? ''}` };
  const init = { method: 'PATCH', headers, body: readable, duplex: 'half' } as const;
  const answer = Promise.allSettled([fetch(`${registry().url}${location}`, init)]);
  return { answer, writer: writable.getWriter() };
}

/** Bytes of an upload on the disk, acknowledged or not: its key is its id until another writer takes it over. */
async function storedBytes(location: string): Promise<number> {
  const key = location.split('/').at(-1) ?? '';
  return (await stat(join(berth.dataDir, 'blobs', key.slice(-2), key))).size;
}

async function expectPulled(bytes: Uint8Array): Promise<void> {
  const answer = await ask('GET', `/v2/${repository}/blobs/${digestOf(bytes)}`);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
}

/** As a client does: goes on where the upload is, or pushes the blob if it isn't here. */
async function goOn(location: string, bytes: Buffer): Promise<number | null> {
  const digest = digestOf(bytes);
  const offset = await offsetOf(location);
  if (offset !== null) {
    expect((await ask('PUT', `${location}?digest=${digest}`, bytes.subarray(offset))).status).toBe(201);
  } else if ((await ask('HEAD', `/v2/${repository}/blobs/${digest}`)).status !== 200) {
    expect((await ask('POST', `${uploads}?digest=${digest}`, bytes)).status).toBe(201);
  }
  return offset;
}

describe('kill -9 of the registry in the middle of a push (experiments 1, 2, 3)', () => {
  it.each([
    ['upload:appended:2', 65_536],
    ['upload:hashed', 65_536],
    ['upload:sealed', 65_536],
    ['upload:linked', 65_536],
    ['upload:committed', null],
    ['upload:answered', null],
  ])('at %s leaves an upload that goes on, or a whole blob', async (point, offset) => {
    const bytes = randomBytes(200_000);
    await restartToDieAt(point);
    const location = await startUpload();
    expect((await ask('PATCH', location, bytes.subarray(0, 65_536))).status).toBe(202);
    await dies(ask('PUT', `${location}?digest=${digestOf(bytes)}`, bytes.subarray(65_536)));
    expect(await goOn(location, bytes)).toBe(offset);
    await expectPulled(bytes);
    expect(await faults()).toEqual([]);
  });

  it.each(['upload:appended', 'upload:sealed', 'upload:linked', 'upload:committed'])(
    'at %s leaves nothing of a blob in one request, or all of it',
    async (point) => {
      const bytes = randomBytes(200_000);
      const url = `${uploads}?digest=${digestOf(bytes)}`;
      await restartToDieAt(point);
      await dies(ask('POST', url, bytes));
      const there = await ask('HEAD', `/v2/${repository}/blobs/${digestOf(bytes)}`);
      expect(there.status).toBe(point === 'upload:committed' ? 200 : 404);
      expect((await ask('POST', url, bytes)).status).toBe(201);
      await expectPulled(bytes);
      expect(await faults()).toEqual([]);
    },
  );

  it.each(Array.from({ length: cutPoints }, (_, n) => n * boundary))(
    'with %i bytes of a PATCH on the disk goes on where it was acknowledged',
    async (sent) => {
      const bytes = randomBytes(acknowledged + sent + boundary);
      const location = await startUpload();
      expect((await ask('PATCH', location, bytes.subarray(0, acknowledged))).status).toBe(202);
      const patch = startPatch(location);
      if (sent > 0) await patch.writer.write(bytes.subarray(acknowledged, acknowledged + sent));
      await waitFor('the bytes are there', { withinMs: 20_000, everyMs: 2 }, async () =>
        (await storedBytes(location)) === acknowledged + sent ? true : null,
      );
      await registry().kill('SIGKILL');
      await Promise.allSettled([patch.answer, patch.writer.abort()]);
      await registry().start();
      const offset = await goOn(location, bytes);
      resumedAt.push(offset);
      expect(offset).toBe(acknowledged);
      await expectPulled(bytes);
    },
  );

  it('has no row without its bytes, and no bytes without a row, after all kills within a PATCH', async () => {
    const gone = resumedAt.filter((offset) => offset === null).length;
    console.log(`${resumedAt.length} kills within a PATCH: ${resumedAt.length - gone} uploads resumed, ${gone} gone`);
    expect(await faults()).toEqual([]);
  });

  it('at upload:reserved keeps what the upload was promised by a quota until it goes on (E12)', async () => {
    const namespace = { name: 'samples', storageBytes: 1_000_000_000 };
    await berth.management.do('PUT', '/registries/local/quota', { storageBytes: null, namespaces: [namespace] });
    const usage = async () => {
      const { namespaces } = await berth.management.do<{ namespaces: object[] }>('GET', '/registries/local/usage');
      return namespaces[0];
    };
    await waitFor('the registry has the limit', { withinMs: 5_000, everyMs: 20 }, async () =>
      JSON.stringify(await usage())?.includes(`"limitBytes":${namespace.storageBytes}`) === true ? true : null,
    );
    const before = await usage();
    expect(before).toMatchObject({ name: namespace.name, reservedBytes: 0 });
    const bytes = randomBytes(200_000);
    await restartToDieAt('upload:reserved');
    const location = await startUpload();
    await dies(ask('PATCH', location, bytes));
    expect(await usage()).toEqual({ ...before, reservedBytes: bytes.length });
    expect(await goOn(location, bytes)).toBe(0);
    await expectPulled(bytes);
    expect(await usage()).toMatchObject({ reservedBytes: 0 });
    await berth.management.do('PUT', '/registries/local/quota', { storageBytes: null, namespaces: [] });
  });

  it.each(['manifest:stored', 'manifest:committed'])('at %s leaves the tag old or new', async (point) => {
    const [before, after] = [sampleImage(`before ${point}`), sampleImage(`after ${point}`)];
    const put = ({ manifest, mediaType }: SampleImage) =>
      ask('PUT', `/v2/${repository}/manifests/latest`, manifest, { 'content-type': mediaType });
    for (const { blobs } of [before, after]) {
      for (const { digest, bytes } of blobs) await ask('POST', `${uploads}?digest=${digest}`, bytes);
    }
    expect((await put(before)).status).toBe(201);
    await restartToDieAt(point);
    await dies(put(after));
    const found = await ask('GET', `/v2/${repository}/manifests/latest`);
    const expected = point === 'manifest:stored' ? before : after;
    expect(new Uint8Array(await found.arrayBuffer())).toEqual(new Uint8Array(expected.manifest));
    expect((await put(after)).status).toBe(201);
    const pulled = await ask('GET', `/v2/${repository}/manifests/latest`);
    expect(new Uint8Array(await pulled.arrayBuffer())).toEqual(new Uint8Array(after.manifest));
  });
});
