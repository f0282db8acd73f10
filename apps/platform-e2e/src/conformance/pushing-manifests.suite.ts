import { describe, expect, it } from 'vitest';
import {
  algorithms,
  codeOf,
  digestOf,
  expectStatus,
  headerOf,
  jsonOf,
  type Registry,
  uniqueBytes,
} from './conformance.suite.js';
import {
  describeBytes,
  indexOf,
  manifestOf,
  mediaTypes,
  newArtifact,
  newImage,
  pushBlob,
  pushManifest,
  putManifest,
  readManifest,
  type Pushable,
} from './content.suite.js';
import type { OciRepository } from '@berth/testing';

/** That it is taken by digest and (sha256) by tag, and that each answer leads to the same bytes. */
async function expectTaken(repository: OciRepository, manifest: Pushable): Promise<void> {
  const references = manifest.digest.startsWith('sha256:') ? [manifest.digest, 'v1'] : [manifest.digest];
  for (const reference of references) {
    const answer = await putManifest(repository, reference, manifest);
    expectStatus(answer, 201);
    expect(answer.headers.get('docker-content-digest')).toBe(manifest.digest);
    for (const path of [headerOf(answer, 'location'), `/manifests/${reference}`]) {
      const pulled = await repository.send('GET', path, { headers: { accept: manifest.mediaType } });
      expectStatus(pulled, 200);
      expect(pulled.headers.get('content-type')).toBe(manifest.mediaType);
      expect(pulled.bytes.equals(manifest.bytes)).toBe(true);
    }
  }
}

export function pushingManifests(registry: Registry): void {
  describe.each(algorithms)('OCI 1.1 Pushing Manifests, %s', (algorithm) => {
    it('takes an image', async () => {
      const repository = registry().repository();
      await expectTaken(repository, await newImage(repository, { algorithm }));
    });

    it('takes an index of images, and an index of indexes', async () => {
      const repository = registry().repository();
      const children = [await newImage(repository, { algorithm }), await newImage(repository, { algorithm })];
      for (const child of children) await pushManifest(repository, child);
      const index = indexOf(
        children.map(({ descriptor }, at) => ({
          ...descriptor,
          platform: { os: 'linux', architecture: at === 0 ? 'amd64' : 'arm64' },
        })),
        { algorithm },
      );
      await expectTaken(repository, index);
      await expectTaken(repository, indexOf([index.descriptor], { algorithm }));
    });

    it('refuses a body that does not have the digest', async () => {
      const repository = registry().repository();
      const image = await newImage(repository, { algorithm });
      const altered = { ...image, bytes: Buffer.concat([image.bytes, Buffer.from('  ')]) };
      const answer = await putManifest(repository, image.digest, altered);
      expectStatus(answer, 400);
      expect(codeOf(answer)).toBe('DIGEST_INVALID');
      expectStatus(await readManifest(repository, image.digest, 'HEAD'), 404);
    });
  });

  describe('OCI 1.1 Pushing Manifests takes', () => {
    it('a manifest of just under 4 MiB, sent in chunks of unknown length', async () => {
      const repository = registry().repository();
      const annotations = Object.fromEntries(
        Array.from({ length: 390 }, (_, at) => [`large-annotation-${at}`, 'A'.repeat(10_000)]),
      );
      const image = await newImage(repository, { members: { annotations } });
      const body = new Blob([image.bytes]).stream();
      const headers = { 'content-type': image.mediaType };
      expectStatus(await repository.send('PUT', `/manifests/${image.digest}`, { headers, body }), 201);
      await expectTaken(repository, image);
    });

    it('an empty index, and an image without layers', async () => {
      const repository = registry().repository();
      await expectTaken(repository, indexOf([]));
      await expectTaken(repository, await newImage(repository, { members: { layers: [] } }));
    });

    it('artifacts: with a type, an empty config, and the empty blob for want of a layer', async () => {
      const repository = registry().repository();
      await expectTaken(repository, await newArtifact(repository));
      const empty = describeBytes(mediaTypes.empty, Buffer.from('{}'));
      await expectTaken(repository, await newArtifact(repository, { layers: [empty] }));
      const child = await newArtifact(repository);
      await pushManifest(repository, child);
      await expectTaken(repository, indexOf([child.descriptor], { members: { artifactType: mediaTypes.example } }));
    });

    it('content that is embedded in its descriptor', async () => {
      const repository = registry().repository();
      const config = Buffer.from('{}');
      await pushBlob(repository, config);
      const embedded = { ...describeBytes(mediaTypes.empty, config), data: config.toString('base64') };
      await expectTaken(repository, await newArtifact(repository, { config: embedded, layers: [embedded] }));
    });

    it('layers that may not be distributed, which are not here', async () => {
      const repository = registry().repository();
      const layers = ['tar', 'tar+gzip'].map((form) => {
        const { digest } = describeBytes('', uniqueBytes());
        const mediaType = `application/vnd.oci.image.layer.nondistributable.v1.${form}`;
        return { mediaType, digest, size: 12_345, urls: [`https://store.example.com/blobs/${digest}`] };
      });
      await expectTaken(repository, await newImage(repository, { members: { layers } }));
    });

    it('members that no specification knows', async () => {
      const repository = registry().repository();
      const members = { 'org.EXAMPLE7Q': 'kept as it is' };
      const image = await newImage(repository, { members });
      await expectTaken(repository, image);
      await expectTaken(repository, indexOf([image.descriptor], { members }));
    });

    it('a new manifest for an old tag', async () => {
      const repository = registry().repository();
      const [before, after] = [await newImage(repository), await newImage(repository)];
      await pushManifest(repository, before, 'moving');
      await pushManifest(repository, after, 'moving');
      expect((await readManifest(repository, 'moving')).bytes.equals(after.bytes)).toBe(true);
      expect((await readManifest(repository, before.digest)).bytes.equals(before.bytes)).toBe(true);
    });
  });

  describe('OCI 1.1 Pushing Manifests with Subject', () => {
    it.each(['here', 'not here'])('says that it understood a subject which is %s', async (where) => {
      const repository = registry().repository();
      const subject = await newImage(repository);
      if (where === 'here') await pushManifest(repository, subject);
      const members = { subject: subject.descriptor };
      const image = await newImage(repository, { members });
      for (const referrer of [image, await newArtifact(repository, members), indexOf([], { members })]) {
        for (const reference of [referrer.digest, 'v1']) {
          const answer = await putManifest(repository, reference, referrer);
          expectStatus(answer, 201);
          expect(answer.headers.get('oci-subject')).toBe(subject.digest);
        }
      }
    });

    it('says nothing of a subject when there is none', async () => {
      const repository = registry().repository();
      const answer = await putManifest(repository, 'v1', await newImage(repository));
      expect(answer.headers.get('oci-subject')).toBeNull();
    });
  });

  describe('OCI 1.1 Pushing Manifests refuses', () => {
    it('a reference that is neither a tag nor a digest', async () => {
      const repository = registry().repository();
      const image = await newImage(repository);
      for (const reference of ['sha256:baddigeststring', `md5:${'a'.repeat(32)}`, '.dot', 'x'.repeat(129)]) {
        expectStatus(await putManifest(repository, reference, image), 400);
      }
    });

    it('a layer or a child that is not here, and names it', async () => {
      const repository = registry().repository();
      const missing = describeBytes(mediaTypes.layer, uniqueBytes());
      for (const manifest of [
        await newImage(repository, { members: { layers: [missing] } }),
        indexOf([{ ...missing, mediaType: mediaTypes.image }]),
      ]) {
        const answer = await putManifest(repository, 'v1', manifest);
        expectStatus(answer, 400);
        const { errors } = jsonOf<{ errors: { code: string; detail?: unknown }[] }>(answer);
        expect(errors[0]).toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN', detail: { digest: missing.digest } });
      }
      expectStatus(await readManifest(repository, 'v1', 'HEAD'), 404);
    });

    it('more than 4 MiB', async () => {
      const repository = registry().repository();
      const padding = 'A'.repeat(4 * 1024 * 1024);
      const huge = manifestOf({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [], padding });
      // Holds the access token from then on: a stream can't be sent again after a challenge.
      await pushManifest(repository, indexOf([]));
      const headers = { 'content-type': huge.mediaType };
      // Of unknown length, so that it is refused at its end: at its beginning the answer races with the rest of the body.
      const body = new Blob([huge.bytes]).stream();
      expectStatus(await repository.send('PUT', '/manifests/v1', { headers, body }), 413);
      expectStatus(await readManifest(repository, 'v1', 'HEAD'), 404);
    });

    it('a type that is not that of the document, and a document that is none', async () => {
      const repository = registry().repository();
      const image = await newImage(repository);
      const garbage = { ...image, bytes: Buffer.from('{'), digest: digestOf(Buffer.from('{')) };
      for (const manifest of [{ ...image, mediaType: mediaTypes.index }, garbage]) {
        const answer = await putManifest(repository, 'v1', manifest);
        expectStatus(answer, 400);
        expect(codeOf(answer)).toBe('MANIFEST_INVALID');
      }
    });
  });
}
