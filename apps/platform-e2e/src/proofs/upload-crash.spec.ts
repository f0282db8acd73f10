import { randomBytes } from 'node:crypto';
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = 'samples/crashed';
const scope = `repository:${repository}:pull,push`;
const uploads = `/v2/${repository}/blobs/uploads/`;

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

  it.each([0, 65_536, 150_000])(
    'with %i bytes of a PATCH on their way goes on where it was acknowledged',
    async (sent) => {
      const bytes = randomBytes(300_000);
      const location = await startUpload();
      expect((await ask('PATCH', location, bytes.subarray(0, 100_000))).status).toBe(202);
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      const token = client.tokenFor(scope) ?? '';
      const headers = { authorization: `Bearer ${token}` };
      const init = { method: 'PATCH', headers, body: readable, duplex: 'half' } as const;
      const patching = Promise.allSettled([fetch(`${registry().url}${location}`, init)]);
      if (sent > 0) await writer.write(bytes.subarray(100_000, 100_000 + sent));
      await registry().kill('SIGKILL');
      await Promise.allSettled([patching, writer.abort()]);
      expect(await faults()).toEqual([]);
      await registry().start();
      expect(await goOn(location, bytes)).toBe(100_000);
      await expectPulled(bytes);
    },
  );

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
