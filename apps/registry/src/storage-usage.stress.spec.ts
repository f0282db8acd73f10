import { randomBytes } from 'node:crypto';
import { installation } from '@berth/contracts';
import { digestOf, parseRepositoryName } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectAll, collectorOf, startTwo, type TwoReplicas } from './collect-garbage/garbage.suite.js';
import type { TestRegistry } from './registry.suite.js';
import { RepositoryRemoval } from './repository-removal.js';
import { imageType } from './sample-content.suite.js';
import { counted, limitStorage, recounted } from './storage-quota.suite.js';

const workers = 6;
const operations = 30;
const names = ['one/a', 'one/b', 'two/a', 'two/b/c', 'three'];
const contents = Array.from({ length: 10 }, (_, i) => randomBytes(1_000 + i * 3_000));
const limits = { registry: 1_000_000, namespaces: { one: 60_000 } };
const access = Object.fromEntries(names.map((name) => [name, ['pull', 'push', 'delete']]));

let replicas: TwoReplicas;
/** Statuses that no client may see, such as those of a deadlock. */
const failures: string[] = [];
const seen = new Set<string>();

beforeAll(async () => {
  replicas = await startTwo({ BERTH_GC_REVIEW_DELAY: 0 });
  for (const replica of [replicas.one, replicas.two]) await limitStorage(replica, limits);
});

afterAll(() => replicas.stop());

function pick<T>(from: readonly T[]): T {
  const one = from[Math.floor(Math.random() * from.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

const replica = (): TestRegistry => pick([replicas.one, replicas.two]);

async function ask(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  // With a deletion of the name a token is outdated.
  const token = replicas.place.identity.token(access, { iat: Math.floor(Date.now() / 1000) });
  const answer = await replica().ask(method, path, { ...init, token });
  seen.add(`${method} ${answer.status}`);
  if (answer.status >= 500) failures.push(`${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer;
}

const uploads = (name: string) => `/v2/${name}/blobs/uploads/`;
const pushWhole = (name: string, bytes: Buffer) =>
  ask('POST', `${uploads(name)}?digest=${digestOf(bytes)}`, { body: bytes });

/** In chunks; sometimes nobody goes on, or it is cancelled. */
async function pushInChunks(name: string, bytes: Buffer): Promise<void> {
  const location = (await ask('POST', uploads(name))).headers.get('location');
  if (location === null) return;
  const half = bytes.length >> 1;
  await ask('PATCH', location, { body: new Blob([bytes.subarray(0, half)]).stream(), duplex: 'half' } as RequestInit);
  const chance = Math.random();
  if (chance < 0.2) return;
  if (chance < 0.4) await ask('DELETE', location);
  else await ask('PUT', `${location}?digest=${digestOf(bytes)}`, { body: bytes.subarray(half) });
}

const manifests: { readonly name: string; readonly digest: string }[] = [];

async function pushImage(name: string): Promise<void> {
  const layers = [pick(contents), pick(contents)];
  for (const layer of layers) await pushWhole(name, layer);
  const described = layers.map((layer) => ({
    ...{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: layer.length },
  }));
  const document = { schemaVersion: 2, mediaType: imageType, config: described[0], layers: described.slice(1) };
  const content = Buffer.from(JSON.stringify(document));
  const headers = { 'content-type': imageType };
  await ask('PUT', `/v2/${name}/manifests/v1`, { body: content, headers });
  manifests.push({ name, digest: digestOf(content) });
}

async function deleteRepository(name: string): Promise<void> {
  const address = {
    ...{ account: installation.accountId, registryId: installation.registryId },
    name: parseRepositoryName(name),
  };
  await replica()
    .app.get(RepositoryRemoval, { strict: false })
    .remove(address, () => Promise.resolve());
}

async function deleteManifest(): Promise<void> {
  if (manifests.length === 0) return;
  const { name, digest } = pick(manifests);
  await ask('DELETE', `/v2/${name}/manifests/${digest}`);
}

const deeds: readonly (readonly [share: number, deed: (name: string) => Promise<unknown>])[] = [
  [20, (name) => pushWhole(name, pick(contents))],
  [15, (name) => pushInChunks(name, pick(contents))],
  [20, (name) => pushImage(name)],
  [15, (name) => ask('POST', `${uploads(name)}?mount=${digestOf(pick(contents))}&from=${pick(names)}`)],
  [12, (name) => ask('DELETE', `/v2/${name}/blobs/${digestOf(pick(contents))}`)],
  [8, () => deleteManifest()],
  [2, (name) => deleteRepository(name)],
  [8, () => collectorOf(replica()).round()],
];

async function work(): Promise<void> {
  for (let i = 0; i < operations; i++) {
    let chance = Math.random() * 100;
    const deed = deeds.find(([share]) => (chance -= share) < 0)?.[1];
    await deed?.(pick(names));
  }
}

describe('E12 what registries and namespaces hold', () => {
  it('is what is there after any pushes, mounts, deletes and collections at once', { timeout: 120_000 }, async () => {
    await Promise.all(Array.from({ length: workers }, work));
    expect(failures).toEqual([]);
    expect(await counted(replicas.one)).toEqual(await recounted(replicas.one));
    const used = Object.entries(await counted(replicas.one));
    expect(
      used.find(([namespace]) => namespace === 'one')?.[1].reduce((sum, bytes) => sum + bytes),
    ).toBeLessThanOrEqual(limits.namespaces.one);
    // Otherwise nothing was proved.
    expect([...seen]).toEqual(expect.arrayContaining(['POST 201', 'POST 403', 'PUT 201', 'DELETE 202', 'PATCH 202']));

    for (const name of names) await deleteRepository(name);
    await replicas.one.db.query(`update upload set touched_at = '2000-01-01', lease_until = null`);
    await collectAll(replicas.two);
    expect(await counted(replicas.one)).toEqual(await recounted(replicas.one));
    expect(await replicas.one.db.query('select 1 from counted_blob')).toEqual([]);
  });
});
