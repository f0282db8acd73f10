import { randomBytes } from 'node:crypto';
import { digestOf, type Digest } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestRegistry } from '../registry.suite.js';
import { imageType } from '../sample-content.suite.js';
import { collectorOf, countOf, startTwo, storedKeys, type TwoReplicas } from './garbage.suite.js';

const workers = 8;
const operations = 25;
/** Requests from one round to the next: by count, so that a slow machine doesn't collect more often than it pushes. */
const requestsPerRound = 20;
const names = ['stress/a', 'stress/b', 'stress/c', 'stress/d'];
const tags = ['v1', 'v2', 'latest'];
const layers = Array.from({ length: 15 }, (_, i) => randomBytes(2_000 + i * 3_000));

/** An image that was acknowledged and not deleted since. */
interface Image {
  readonly name: string;
  readonly digest: Digest;
  readonly content: Buffer;
  readonly layers: readonly Buffer[];
}

let replicas: TwoReplicas;
/** Statuses that no client may see. */
const failures: string[] = [];
let refusedPuts = 0;
let asked = 0;

beforeAll(async () => {
  replicas = await startTwo({ BERTH_GC_REVIEW_DELAY: 0 });
});

afterAll(() => replicas.stop());

const pick = <T>(from: readonly T[]): T => {
  const one = from[Math.floor(Math.random() * from.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
};
const pickSome = (): readonly Buffer[] => [
  ...new Set(Array.from({ length: 1 + Math.random() * 4 }, () => pick(layers))),
];

/** Asks either replica, as the one principal that all workers are. */
async function ask(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const actions = ['pull', 'push', 'delete'];
  const access = Object.fromEntries(names.map((name) => [name, actions]));
  const registry: TestRegistry = pick([replicas.one, replicas.two]);
  asked += 1;
  // The other workers go on meanwhile.
  if (asked % requestsPerRound === 0) await collectorOf(registry).round();
  const answer = await registry.ask(method, path, { ...init, access });
  if (answer.status >= 500) failures.push(`${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer;
}

/** As clients do: only what isn't there already is sent, or it is mounted. */
async function bring(name: string, layer: Buffer): Promise<void> {
  const digest = digestOf(layer);
  const chance = Math.random();
  if (chance < 0.5 && (await ask('HEAD', `/v2/${name}/blobs/${digest}`)).status === 200) return;
  if (chance > 0.7) {
    const mounted = await ask('POST', `/v2/${name}/blobs/uploads/?mount=${digest}&from=${pick(names)}`);
    if (mounted.status === 201) return;
    await ask('DELETE', new URL(mounted.headers.get('location') ?? '', replicas.one.url).pathname);
  }
  const pushed = await ask('POST', `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: layer });
  if (pushed.status !== 201) failures.push(`upload: ${pushed.status}`);
}

async function put(reference: string, { name, content }: Image): Promise<number> {
  const headers = { 'content-type': imageType };
  return (await ask('PUT', `/v2/${name}/manifests/${reference}`, { body: content, headers })).status;
}

/** A refused manifest is an answer to act on: the layers are brought again until it is taken. */
async function push(): Promise<Image> {
  const chosen = pickSome();
  const describeLayer = (layer: Buffer) => ({
    ...{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(layer), size: layer.length },
  });
  const [config, ...rest] = chosen.map(describeLayer);
  const annotations = { unique: randomBytes(8).toString('hex') };
  const document = { schemaVersion: 2, mediaType: imageType, config, layers: rest, annotations };
  const content = Buffer.from(JSON.stringify(document));
  const image: Image = { name: pick(names), digest: digestOf(content), content, layers: chosen };
  for (let i = 0; i < 100; i++) {
    for (const layer of chosen) await bring(image.name, layer);
    const status = await put(Math.random() < 0.5 ? pick(tags) : image.digest, image);
    if (status === 201) return image;
    if (status < 400 || status > 499) failures.push(`manifest: ${status}`);
    refusedPuts += 1;
  }
  throw new Error('a push was refused a hundred times');
}

async function work(): Promise<readonly Image[]> {
  const images = new Set<Image>();
  for (let i = 0; i < operations; i++) {
    const chance = Math.random();
    if (images.size === 0 || chance < 0.6) images.add(await push());
    else if (chance < 0.8) {
      const image = pick([...images]);
      images.delete(image);
      const { status } = await ask('DELETE', `/v2/${image.name}/manifests/${image.digest}`);
      if (status !== 202) failures.push(`delete: ${status}`);
    } else {
      const status = await put(pick(tags), pick([...images]));
      if (status !== 201) failures.push(`tag of an image that is there: ${status}`);
    }
  }
  return [...images];
}

/** What of the images isn't answered byte for byte to somebody who brought nothing. */
async function brokenOf(images: readonly Image[]): Promise<readonly string[]> {
  const access = Object.fromEntries(names.map((name) => [name, ['pull']]));
  const token = replicas.place.identity.token(access, { sub: 'user:stranger' });
  const broken: string[] = [];
  for (const { name, digest, content, layers: chosen } of images) {
    const wanted = [
      { path: `/v2/${name}/manifests/${digest}`, bytes: content },
      ...chosen.map((layer) => ({ path: `/v2/${name}/blobs/${digestOf(layer)}`, bytes: layer })),
    ];
    for (const { path, bytes } of wanted) {
      const answer = await pick([replicas.one, replicas.two]).ask('GET', path, { token });
      const got = Buffer.from(await answer.arrayBuffer());
      if (answer.status !== 200 || !got.equals(bytes)) broken.push(`${path}: ${answer.status}`);
    }
  }
  return broken;
}

describe('experiment 32: collectors without any delay beside pushes, mounts, tag moves and deletes', () => {
  it('break no image that was acknowledged, and leave nothing that no image needs', { timeout: 90_000 }, async () => {
    const { one, place } = replicas;
    const images = (await Promise.all(Array.from({ length: workers }, work))).flat();
    expect(failures).toEqual([]);
    expect(await brokenOf(images)).toEqual([]);
    // Otherwise nothing was proved.
    expect([refusedPuts > 0, collectorOf(one).collected.blobs > 0]).toEqual([true, true]);

    for (let i = 0; i < 3; i++) await collectorOf(one).round();
    const needed = new Set(images.flatMap((image) => image.layers.map((layer) => digestOf(layer))));
    const rows = await one.db.query<{ digest: Digest; key: string }>(`select digest, key from blob`);
    expect(new Set(rows.map(({ digest }) => digest))).toEqual(needed);
    expect(await countOf(one, 'upload')).toBe(0);
    expect([...storedKeys(place)].sort()).toEqual(rows.map(({ key }) => key).sort());
  });
});
