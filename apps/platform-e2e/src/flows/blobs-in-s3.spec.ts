import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@berth/oci';
import {
  ClientHome,
  DockerClient,
  isInstalled,
  pushImage,
  sampleImage,
  startS3Server,
  startTestPlatform,
  waitFor,
  writeOciLayout,
  type S3Connection,
  type TestPlatform,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = 'samples/in-s3';
const scope = `repository:${repository}:pull,push,delete`;
const image = sampleImage('in S3');
const [config, layer] = image.blobs;
const addressSeconds = 5;
const folder = await mkdtemp(join(tmpdir(), 'berth-s3-'));
const s3 = await startS3Server(folder);

let berth: TestPlatform;
let client: DockerClient;

beforeAll(async () => {
  if (s3 === null) return;
  berth = await startTestPlatform({ env: settingsOf(s3.connection) });
  client = new DockerClient(berth.origin, berth.admin);
  await pushImage(client, repository, { tag: 'v1', image });
});
afterAll(async () => {
  await berth?.stop();
  await s3?.stop();
  await rm(folder, { recursive: true, force: true });
});

function settingsOf({ endpoint, region, bucket, credentials }: S3Connection): Record<string, string> {
  return {
    BERTH_S3_BUCKET: bucket,
    BERTH_S3_ENDPOINT: endpoint,
    // crane follows no redirect to a private address, unless its host is the registry's own.
    BERTH_S3_PUBLIC_ENDPOINT: publicEndpoint(endpoint),
    BERTH_S3_REDIRECT_SECONDS: String(addressSeconds),
    BERTH_S3_REGION: region,
    BERTH_S3_ACCESS_KEY_ID: credentials.accessKeyId,
    BERTH_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

function publicEndpoint(endpoint: string): string {
  return endpoint.replace('127.0.0.1', 'localhost');
}

const ask = (method: string, path: string, body?: Uint8Array, headers: Record<string, string> = {}) =>
  client.request(path.startsWith('/v2/') ? path : `/v2/${repository}${path}`, scope, {
    ...{ method, headers },
    ...(body && { body: Buffer.from(body) }),
  });

/** Where a pull of a blob is sent. */
async function addressOf(digest: string): Promise<URL> {
  const answer = await ask('GET', `/blobs/${digest}`);
  expect(answer.status).toBe(307);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return new URL(answer.headers.get('location') ?? '');
}

const contentOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

function registry() {
  const [process] = berth.platform.services.registry;
  if (process === undefined) throw new Error('no registry process');
  return process;
}

async function loggedIn(): Promise<ClientHome> {
  const home = await ClientHome.create(join(folder, 'home'), { loginServer: berth.loginServer, login: berth.admin });
  await writeOciLayout(home.path('image'), image, 'v1');
  return home;
}

async function expectLayer(layout: string): Promise<void> {
  const pulled = await readFile(join(layout, 'blobs', (layer?.digest ?? '').replace(':', '/')));
  expect(pulled.equals(layer?.bytes ?? Buffer.alloc(0))).toBe(true);
}

describe.skipIf(s3 === null)('blobs in S3 (needs versitygw)', () => {
  it.skipIf(!isInstalled('skopeo'))('skopeo pushes and pulls (needs skopeo)', async () => {
    const home = await loggedIn();
    const at = `docker://${berth.loginServer}/samples/skopeo-in-s3:v1`;
    await home.run('skopeo', 'copy', '--preserve-digests', '--dest-tls-verify=false', 'oci:image:v1', at);
    await home.run('skopeo', 'copy', '--preserve-digests', '--src-tls-verify=false', at, 'oci:skopeo-out:v1');
    await expectLayer(home.path('skopeo-out'));
  });

  it.skipIf(!isInstalled('crane'))('crane pushes and pulls (needs crane)', async () => {
    const home = await loggedIn();
    const at = `${berth.loginServer}/samples/crane-in-s3:v1`;
    await home.run('crane', 'push', '--insecure', 'image', at);
    await home.run('crane', 'pull', '--insecure', '--format=oci', at, 'crane-out');
    await expectLayer(home.path('crane-out'));
  });

  it('G5 a pull is sent to the configured server, where our Authorization is not needed', async () => {
    const address = await addressOf(layer?.digest ?? '');
    expect(address.origin).toBe(publicEndpoint(s3?.connection.endpoint ?? ''));
    const answer = await fetch(address);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
    expect((await contentOf(answer)).equals(layer?.bytes ?? Buffer.alloc(0))).toBe(true);
    const held = client.tokenFor(scope) ?? '';
    expect(address.href).not.toContain(held);
  });

  it('G4 an address opens its own blob only, with nothing added, and not for writing', async () => {
    const address = await addressOf(layer?.digest ?? '');
    const other = new URL(address);
    other.pathname = (await addressOf(config?.digest ?? '')).pathname;
    expect(other.pathname).not.toBe(address.pathname);
    const withMore = new URL(address);
    withMore.searchParams.set('versionId', 'other');
    const withoutSignature = new URL(address.origin + address.pathname);
    for (const refused of [other, withMore, withoutSignature]) {
      expect((await fetch(refused)).status, refused.href).toBe(403);
    }
    expect((await fetch(address, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await fetch(address, { method: 'DELETE' })).status).toBe(403);
  });

  it('G4 an address outlives the right to it by its short life only', async () => {
    const login = await berth.management.createToken('s3-reader', [`repositories/${repository}/content/read`]);
    const reader = new DockerClient(berth.origin, login);
    const pull = () =>
      reader.request(`/v2/${repository}/blobs/${layer?.digest ?? ''}`, `repository:${repository}:pull`);
    const address = new URL((await pull()).headers.get('location') ?? '');
    expect(address.searchParams.get('X-Amz-Expires')).toBe(String(addressSeconds));
    await berth.management.do('PATCH', '/registries/local/tokens/s3-reader', { status: 'disabled' });
    await waitFor('a pull is refused', { withinMs: 10_000 }, async () => ((await pull()).status === 401 ? true : null));
    await waitFor('the address opens nothing', { withinMs: 10_000, everyMs: 200 }, async () =>
      (await fetch(address)).status === 403 ? true : null,
    );
  });

  it('an upload goes on after the registry was killed in the middle of it', async () => {
    const bytes = randomBytes(13 * 1024 * 1024);
    const half = 7 * 1024 * 1024;
    const started = await ask('POST', '/blobs/uploads/');
    const location = started.headers.get('location') ?? '';
    expect((await ask('PATCH', location, bytes.subarray(0, half))).status).toBe(202);
    await registry().kill('SIGKILL');
    await registry().start();
    const status = await ask('GET', location);
    expect([status.status, status.headers.get('range')]).toEqual([204, `0-${half - 1}`]);
    expect((await ask('PATCH', location, bytes.subarray(half))).status).toBe(202);
    const digest = digestOf(bytes);
    expect((await ask('PUT', `${location}?digest=${digest}`)).status).toBe(201);
    expect((await contentOf(await fetch(await addressOf(digest)))).equals(bytes)).toBe(true);
  });

  it('what is deleted is gone, and may be pushed again', async () => {
    expect((await ask('DELETE', `/manifests/${image.manifestDigest}`)).status).toBe(202);
    for (const { digest } of image.blobs) expect((await ask('DELETE', `/blobs/${digest}`)).status).toBe(202);
    expect((await ask('GET', '/manifests/v1')).status).toBe(404);
    for (const { digest } of image.blobs) expect((await ask('GET', `/blobs/${digest}`)).status).toBe(404);
    await pushImage(client, repository, { tag: 'v1', image });
    expect((await fetch(await addressOf(layer?.digest ?? ''))).status).toBe(200);
  });

  it('BERTH_S3_REDIRECT=off streams through the registry, ranges too', async () => {
    await registry().stop();
    await registry().start({ BERTH_S3_REDIRECT: 'off' });
    const whole = await ask('GET', `/blobs/${layer?.digest ?? ''}`);
    expect(whole.status).toBe(200);
    expect((await contentOf(whole)).equals(layer?.bytes ?? Buffer.alloc(0))).toBe(true);
    const part = await ask('GET', `/blobs/${layer?.digest ?? ''}`, undefined, { range: 'bytes=1-2' });
    expect([part.status, await part.text()]).toEqual([206, 'n ']);
  });
});
