import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ClientHome,
  DockerClient,
  isInstalled,
  pullManifest,
  pushImage,
  sampleImage,
  sharedPlatform,
  waitFor,
  writeOciLayout,
} from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Usage {
  readonly namespaces: readonly { name: string; usedBytes: number; reservedBytes: number; limitBytes: number | null }[];
}

const berth = sharedPlatform();
const { management } = berth;
const namespace = 'quota-flow';
const repository = `${namespace}/app`;
const limit = 300_000;
const quota = '/registries/local/quota';
const admin = new DockerClient(berth.origin, berth.admin);
const large = () => sampleImage(randomBytes(100_000).toString('hex'));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-quota-'));
});

afterAll(async () => {
  await management.do('PUT', quota, { storageBytes: null, namespaces: [] });
  await rm(folder, { recursive: true, force: true });
});

async function usage(): Promise<Usage['namespaces'][number] | undefined> {
  const { namespaces } = await management.do<Usage>('GET', '/registries/local/usage');
  return namespaces.find(({ name }) => name === namespace);
}

async function limitTo(storageBytes: number): Promise<void> {
  await management.do('PUT', quota, { storageBytes: null, namespaces: [{ name: namespace, storageBytes }] });
  await waitFor('the registry has the limit', { withinMs: 5_000, everyMs: 20 }, async () =>
    (await usage())?.limitBytes === storageBytes ? true : null,
  );
}

describe('a storage quota of a namespace', () => {
  it('E12 refuses what goes beyond it, until there is more room', { timeout: 120_000 }, async () => {
    await limitTo(limit);
    const first = large();
    await pushImage(admin, repository, { tag: 'first', image: first });
    const bytes = first.manifest.length + first.blobs.reduce((sum, blob) => sum + blob.bytes.length, 0);
    expect(await usage()).toEqual({ name: namespace, usedBytes: bytes, reservedBytes: 0, limitBytes: limit });

    const second = large();
    await expect(pushImage(admin, repository, { tag: 'second', image: second })).rejects.toThrow(/quota/);
    expect((await pullManifest(admin, repository, 'first')).status).toBe(200);

    await limitTo(limit + bytes);
    await pushImage(admin, repository, { tag: 'second', image: second });
    expect((await pullManifest(admin, repository, 'second')).status).toBe(200);
  });

  it.skipIf(!isInstalled('skopeo'))('E12 is what skopeo tells its user (needs skopeo)', async () => {
    const { loginServer } = berth;
    const actions = ['content/read', 'content/write'].map((action) => `repositories/${namespace}/*/${action}`);
    const login = await management.createToken(namespace, actions);
    const home = await ClientHome.create(folder, { loginServer, login });
    await writeOciLayout(home.path('large'), large(), 'v1');
    const target = `docker://${loginServer}/${namespace}/other:v1`;
    const pushed = await home.attempt(
      'skopeo',
      'copy',
      '--dest-tls-verify=false',
      `oci:${home.path('large')}:v1`,
      target,
    );
    expect(pushed.status).not.toBe(0);
    expect(pushed.output).toContain(`it would exceed the storage quota of namespace ${namespace}: used`);
  });
});
