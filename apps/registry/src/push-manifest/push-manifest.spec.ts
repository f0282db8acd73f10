import { digestOf } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import {
  codeOf,
  imageOf,
  imageType,
  indexType,
  pullFrom,
  pushBlob,
  pushConfig,
  pushImage,
  pushTo,
  putManifest,
} from '../sample-content.suite.js';

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

const put = (reference: string, bytes: Buffer, type: string | null = imageType) =>
  putManifest(registry, `/v2/${name}/manifests/${reference}`, bytes, type);

function indexOf(...children: Buffer[]): Buffer {
  const manifests = children.map((child) => ({
    ...{ mediaType: imageType, digest: digestOf(child), size: child.length },
  }));
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
}

async function layerIn(repository: string, text: string): Promise<Buffer> {
  const bytes = Buffer.from(text);
  await pushConfig(registry, repository);
  await pushBlob(registry, repository, bytes);
  return bytes;
}

describe('PUT of a manifest', () => {
  it('by tag answers its digest, and the tag names it from then on', async () => {
    const manifest = imageOf(await layerIn(name, 'layer'));
    const answer = await put('v1', manifest);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('docker-content-digest')).toBe(digestOf(manifest));
    expect(answer.headers.get('location')).toBe(`/v2/${name}/manifests/${digestOf(manifest)}`);
    expect(answer.headers.get('oci-subject')).toBeNull();
    const pulled = await registry.ask('GET', `/v2/${name}/manifests/v1`, pullFrom(name));
    expect(Buffer.from(await pulled.arrayBuffer()).equals(manifest)).toBe(true);
  });

  it('is recorded in the same transaction, and releases the blobs that it names', async () => {
    const { digest, layer } = await pushImage(registry, 'team/recorded', { tag: 'v1', text: 'recorded' });
    const pushed = (await registry.recorded()).filter(({ target }) => target.repository === 'team/recorded');
    expect(pushed).toMatchObject([
      { event: 'blob-uploaded' },
      {
        event: 'blob-uploaded',
        target: { digest: layer, bytes: 8 },
        action: 'content/write',
        actor: { name: 'mytoken' },
      },
      { event: 'manifest-pushed', target: { digest, tag: 'v1' } },
    ]);
    const links = await registry.db.query<{ released: boolean }>(
      `select l.released from repository_blob l join repository r on r.id = l.repository_id where r.name = $1`,
      ['team/recorded'],
    );
    expect(links).toEqual([{ released: true }, { released: true }]);
  });

  it('by digest, with sha512 too, leaves tags alone', async () => {
    const manifest = imageOf(await layerIn(name, 'by digest'));
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const digest = digestOf(manifest, algorithm);
      expect((await put(digest, manifest)).headers.get('docker-content-digest')).toBe(digest);
      const pulled = await registry.ask('GET', `/v2/${name}/manifests/${digest}`, pullFrom(name));
      expect(pulled.status).toBe(200);
      await pulled.body?.cancel();
    }
  });

  it('twice is 201 twice, and a tag moves to the newer one', async () => {
    const [first, second] = [imageOf(await layerIn(name, 'one')), imageOf(await layerIn(name, 'two'))];
    for (const manifest of [first, first, second]) expect((await put('moving', manifest)).status).toBe(201);
    const head = await registry.ask('HEAD', `/v2/${name}/manifests/moving`, pullFrom(name));
    expect(head.headers.get('docker-content-digest')).toBe(digestOf(second));
  });

  it('F6 refuses a digest that the body does not have', async () => {
    const answer = await put(digestOf(Buffer.from('another')), imageOf(await layerIn(name, 'layer')));
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'DIGEST_INVALID']);
  });

  it('F8 refuses blobs that the registry has not, and names the first', async () => {
    await pushConfig(registry, name);
    const answer = await put('v1', imageOf(Buffer.from('never pushed')));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest: digestOf(Buffer.from('never pushed')) } }],
    });
  });

  it('D8 refuses a blob that only another repository has, which stays unreadable', async () => {
    const layer = await layerIn('team/secret', 'secret layer');
    await pushConfig(registry, name);
    const answer = await put('v1', imageOf(layer));
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    const pulled = await registry.ask('GET', `/v2/${name}/blobs/${digestOf(layer)}`, pullFrom(name));
    expect(pulled.status).toBe(404);
    await pulled.body?.cancel();
  });

  it('makes no repository when it is refused', async () => {
    const answer = await putManifest(registry, '/v2/team/never/manifests/v1', imageOf(Buffer.from('nothing')));
    expect(answer.status).toBe(400);
    expect(await registry.db.query(`select 1 from repository where name = 'team/never'`)).toEqual([]);
  });

  it('F9 refuses a size that the blob does not have', async () => {
    const layer = await layerIn(name, 'sized layer');
    const wrong = imageOf(layer)
      .toString()
      .replace(`"size":${layer.length}`, `"size":${layer.length + 1}`);
    const answer = await put('v1', Buffer.from(wrong));
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'MANIFEST_INVALID']);
  });

  it('F2 F3 F4 refuses what clients would read differently', async () => {
    const image = imageOf(await layerIn(name, 'ambiguous'));
    const both = Buffer.from(JSON.stringify({ ...(JSON.parse(image.toString()) as object), manifests: [] }));
    const untyped = Buffer.from(JSON.stringify({ ...(JSON.parse(image.toString()) as object), mediaType: undefined }));
    for (const [bytes, type] of [
      [image, indexType],
      [both, imageType],
      [untyped, null],
    ] as const) {
      const answer = await put('v1', bytes, type);
      expect([answer.status, await codeOf(answer)]).toEqual([400, 'MANIFEST_INVALID']);
    }
    expect((await put('v1', image, `${imageType}; charset=utf-8`)).status).toBe(201);
  });

  it('F1 refuses more than 4 MiB, announced or not', async () => {
    const huge = Buffer.alloc(4 * 1024 * 1024 + 1, 0x20);
    const announced = await put('v1', huge);
    expect([announced.status, await codeOf(announced)]).toEqual([413, 'MANIFEST_INVALID']);
    const streamed = await registry.ask('PUT', `/v2/${name}/manifests/v1`, {
      ...pushTo(name),
      headers: { 'content-type': imageType },
      body: new Blob([huge]).stream(),
      duplex: 'half',
    });
    expect(streamed.status).toBe(413);
    await streamed.body?.cancel();
  });

  it('C4 refuses a tag that is none', async () => {
    const image = imageOf(await layerIn(name, 'tagged'));
    for (const tag of ['.x', '-x', 'a'.repeat(129), 'a%2fb']) {
      const answer = await put(tag, image);
      expect([tag, answer.status, await codeOf(answer)]).toEqual([tag, 400, 'MANIFEST_INVALID']);
    }
  });

  it('takes an index of children that are here, and no other', async () => {
    const child = imageOf(await layerIn(name, 'child'));
    const missing = await put('multi', indexOf(child), indexType);
    expect([missing.status, await codeOf(missing)]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    await put(digestOf(child), child);
    expect((await put('multi', indexOf(child), indexType)).status).toBe(201);
    expect((await put('empty', indexOf(), indexType)).status).toBe(201);
  });

  it('F10 refuses indexes nested more than 4 levels deep', async () => {
    let inner = imageOf(await layerIn(name, 'deep'));
    await put(digestOf(inner), inner);
    const answers: number[] = [];
    for (let level = 1; level <= 5; level++) {
      const manifests = [
        { mediaType: level === 1 ? imageType : indexType, digest: digestOf(inner), size: inner.length },
      ];
      inner = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));
      answers.push((await put(digestOf(inner), inner, indexType)).status);
    }
    expect(answers).toEqual([201, 201, 201, 201, 400]);
  });

  it('F12 takes a subject that does not exist and says that it was understood', async () => {
    const image = JSON.parse(imageOf(await layerIn(name, 'signature')).toString()) as object;
    const subject = { mediaType: imageType, digest: digestOf(Buffer.from('not here')), size: 8 };
    const answer = await put('signature', Buffer.from(JSON.stringify({ ...image, subject })));
    expect([answer.status, answer.headers.get('oci-subject')]).toEqual([201, subject.digest]);
  });

  it('needs no blob for a layer that may not be distributed', async () => {
    await pushConfig(registry, name);
    const foreign = imageOf(Buffer.from('foreign'))
      .toString()
      .replace('application/vnd.oci.image.layer.v1.tar', 'application/vnd.oci.image.layer.nondistributable.v1.tar');
    expect((await put('foreign', Buffer.from(foreign))).status).toBe(201);
  });
});

describe('OCI dev Pushing Manifests with tags', () => {
  it('points every tag of the query at the manifest, and names each in a line of its own', async () => {
    const { manifest, digest } = await pushImage(registry, name, { tag: 'plain', text: 'several tags' });
    const answer = await put(`${digest}?tag=one&tag=two`, manifest);
    expect([answer.status, answer.headers.get('oci-tag')]).toEqual([201, 'one, two']);
    for (const tag of ['one', 'two']) {
      const pulled = await registry.ask('HEAD', `/v2/${name}/manifests/${tag}`, pullFrom(name));
      expect(pulled.headers.get('docker-content-digest')).toBe(digest);
    }
    const entries = (await registry.recorded()).filter(({ event }) => event === 'manifest-pushed').slice(-2);
    expect(entries.map(({ target }) => target.tag)).toEqual(['one', 'two']);
  });

  it('F19 answers 414 beyond 10 tags and moves none of them', async () => {
    const { manifest, digest } = await pushImage(registry, name, { tag: 'many', text: 'too many tags' });
    const query = Array.from({ length: 1_000 }, (_, n) => `tag=t${n}`).join('&');
    expect((await put(`${digest}?${query}`, manifest)).status).toBe(414);
    expect((await registry.ask('HEAD', `/v2/${name}/manifests/t0`, pullFrom(name))).status).toBe(404);
  });
});
