import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { digestOf } from '@berth/oci';
import {
  canHaveOwnDisks,
  contentFaults,
  OciRepository,
  onOwnDisks,
  SeenDisk,
  startTestPlatform,
  waitFor,
  type OciAnswer,
  type TestPlatform,
} from '@berth/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const mib = 1024 * 1024;
const layerBytes = 2 * mib;
const old = randomBytes(layerBytes);
const oldManifest = manifestOf(old);

let berth: TestPlatform;
let client: OciRepository;
let blobs: SeenDisk;
let spool: SeenDisk;

/** The registry gets two small file systems of its own, for its blobs and for its spool, before anything is pushed. */
async function startOnSmallDisks(): Promise<void> {
  berth = await startTestPlatform();
  const registry = registryProcess();
  const [blobFolder, spoolFolder] = [join(berth.dataDir, 'blobs'), join(berth.dataDir, 'spool/registry.registry-1')];
  await registry.stop();
  const disks = [
    { folder: blobFolder, sizeBytes: 32 * mib, names: 400 },
    { folder: spoolFolder, sizeBytes: mib, names: 20 },
  ];
  await registry.start(onOwnDisks(disks));
  blobs = new SeenDisk(registry.pid, blobFolder);
  spool = new SeenDisk(registry.pid, spoolFolder);
  client = new OciRepository(registry.url, 'samples/full', berth.admin);
}

function registryProcess() {
  const [process] = berth.platform.services.registry;
  if (process === undefined) throw new Error('no registry process');
  return process;
}

function manifestOf(layer: Buffer): Buffer {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const described = { digest: digestOf(layer), size: layer.length };
  const [config, layers] = [
    { ...described, mediaType: 'application/vnd.oci.image.config.v1+json' },
    [{ ...described, mediaType: 'application/vnd.oci.image.layer.v1.tar' }],
  ];
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }));
}

const putManifest = (body: Buffer, tag: string) =>
  client.send('PUT', `/manifests/${tag}`, {
    body,
    headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
  });

const push = (blob: Buffer) => client.send('POST', `/blobs/uploads/?digest=${digestOf(blob)}`, { body: blob });

/** 503 in OCI's form that says what is wrong and when to come again, and nothing of the machine. */
function expectRefused({ status, headers, bytes }: OciAnswer, message: string): void {
  expect([status, bytes.toString()]).toEqual([503, expect.any(String)]);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  const { errors } = JSON.parse(bytes.toString()) as { errors: unknown[] };
  expect(errors).toMatchObject([{ code: 'TOOMANYREQUESTS', message }]);
  expect(bytes.toString()).not.toMatch(/ENOSPC|\/blobs|\/spool|berth-platform/);
}

const noRoom = 'there is no room left for blobs';

async function expectOldServed(): Promise<void> {
  const [manifest, blob] = [await client.send('GET', '/manifests/old'), await client.send('GET', blobPath(old))];
  expect([manifest.status, manifest.bytes.equals(oldManifest)]).toEqual([200, true]);
  expect([blob.status, blob.bytes.equals(old)]).toEqual([200, true]);
}

const blobPath = (blob: Buffer) => `/blobs/${digestOf(blob)}`;

async function expectPushed(blob: Buffer): Promise<void> {
  expect((await push(blob)).status).toBe(201);
  expect((await client.send('GET', blobPath(blob))).bytes.equals(blob)).toBe(true);
  expect((await client.send('DELETE', blobPath(blob))).status).toBe(202);
}

const faults = () =>
  contentFaults({
    databaseUrl: berth.platform.endpoints.postgres,
    dataDir: `/proc/${registryProcess().pid}/root${berth.dataDir}`,
  });

describe.skipIf(!canHaveOwnDisks())('a disk that is really full (skipped where no namespace can be made)', () => {
  beforeAll(async () => {
    await startOnSmallDisks();
    expect((await push(old)).status).toBe(201);
    expect((await putManifest(oldManifest, 'old')).status).toBe(201);
  });
  afterEach(async () => {
    await Promise.all([blobs.relieve(), spool.relieve()]);
  });
  afterAll(async () => berth?.stop());

  /** Whatever it was, it is over: no byte of it is left, what was there is served, and the process is the same. */
  async function expectUnharmed(freeBytes: number, pid: number): Promise<void> {
    await waitFor('the bytes are gone', { withinMs: 5_000 }, async () =>
      (await blobs.freeBytes()) === freeBytes ? true : null,
    );
    await expectOldServed();
    expect(registryProcess().pid).toBe(pid);
  }

  it.each([0, 50, 99])(
    'experiment 27: at %i percent of a blob in one request it is refused, leaves nothing, and goes through with room',
    async (percent) => {
      const { pid } = registryProcess();
      const blob = randomBytes(layerBytes);
      await blobs.fill((layerBytes * percent) / 100);
      const free = await blobs.freeBytes();
      expectRefused(await push(blob), noRoom);
      await expectUnharmed(free, pid);
      expect((await client.send('HEAD', blobPath(blob))).status).toBe(404);
      await blobs.relieve();
      expect(await faults()).toEqual([]);
      await expectPushed(blob);
    },
  );

  it.each([0, 50, 99])(
    'experiment 27: at %i percent of a PATCH the upload is given up, leaves nothing, and is pushed anew',
    async (percent) => {
      const { pid } = registryProcess();
      const blob = randomBytes(layerBytes);
      const freeBefore = await blobs.freeBytes();
      const { headers } = await client.send('POST', '/blobs/uploads/');
      const location = headers.get('location') ?? '';
      const first = blob.subarray(0, 65_536);
      expect((await client.send('PATCH', location, { body: first })).status).toBe(202);
      await blobs.fill((layerBytes * percent) / 100);
      expectRefused(await client.send('PATCH', location, { body: blob }), noRoom);
      expect((await client.send('GET', location)).status).toBe(404);
      await blobs.relieve();
      await expectUnharmed(freeBefore, pid);
      expect(await faults()).toEqual([]);
      await expectPushed(blob);
    },
  );

  it('experiment 27: with no room for one more file no upload begins, and what is there is served', async () => {
    const { pid } = registryProcess();
    const free = await blobs.freeBytes();
    await blobs.fillNames();
    expectRefused(await client.send('POST', '/blobs/uploads/'), noRoom);
    expectRefused(await push(randomBytes(1000)), noRoom);
    await blobs.relieve();
    await expectUnharmed(free, pid);
    expect(await faults()).toEqual([]);
    await expectPushed(randomBytes(1000));
  });

  it('experiment 27: with a spool that is full nothing is answered without its record, and all is as before with room', async () => {
    const { pid } = registryProcess();
    const message = 'the audit record of this request cannot be written';
    await spool.fill(0);
    const filled = await waitFor('a pull is refused', { withinMs: 10_000, everyMs: 0 }, async () => {
      const answer = await client.send('GET', '/manifests/old');
      return answer.status === 200 ? null : answer;
    });
    expectRefused(filled.value, message);
    expectRefused(await client.send('GET', blobPath(old)), message);
    await spool.relieve();
    await expectUnharmed(await blobs.freeBytes(), pid);
    await expectPushed(randomBytes(1000));
  });
});
