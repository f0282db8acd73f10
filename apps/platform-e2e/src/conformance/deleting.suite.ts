import { describe, expect, it } from 'vitest';
import { algorithms, codeOf, digestOf, expectStatus, jsonOf, type Registry, uniqueBytes } from './conformance.suite.js';
import { indexOf, newImage, pushBlob, pushManifest, readManifest } from './content.suite.js';

export function deleting(registry: Registry): void {
  describe('OCI 1.1 Deleting tags', () => {
    it('takes the tag away at once, and leaves the manifest and its other tags', async () => {
      const repository = registry().repository();
      const image = await newImage(repository);
      for (const tag of ['v1', 'v2']) await pushManifest(repository, image, tag);
      expectStatus(await repository.send('DELETE', '/manifests/v1'), 202);
      for (const method of ['GET', 'HEAD']) expectStatus(await readManifest(repository, 'v1', method), 404);
      for (const left of ['v2', image.digest]) expectStatus(await readManifest(repository, left), 200);
      const { tags } = jsonOf<{ tags: string[] }>(await repository.send('GET', '/tags/list'));
      expect(tags).toEqual(['v2']);
    });

    it('gives the tag back when it is pushed again', async () => {
      const repository = registry().repository();
      const image = await newImage(repository);
      await pushManifest(repository, image, 'v1');
      expectStatus(await repository.send('DELETE', '/manifests/v1'), 202);
      await pushManifest(repository, image, 'v1');
      expectStatus(await readManifest(repository, 'v1'), 200);
    });
  });

  describe.each(algorithms)('OCI 1.1 Deleting Manifests, %s', (algorithm) => {
    it('takes the manifest away at once, and every tag of it', async () => {
      const repository = registry().repository();
      const [gone, left] = [await newImage(repository, { algorithm }), await newImage(repository)];
      await pushManifest(repository, left, 'left');
      await pushManifest(repository, gone);
      if (algorithm === 'sha256') for (const tag of ['v1', 'v2']) await pushManifest(repository, gone, tag);
      expectStatus(await repository.send('DELETE', `/manifests/${gone.digest}`), 202);
      for (const reference of [gone.digest, 'v1', 'v2']) {
        for (const method of ['GET', 'HEAD']) expectStatus(await readManifest(repository, reference, method), 404);
      }
      const { tags } = jsonOf<{ tags: string[] }>(await repository.send('GET', '/tags/list'));
      expect(tags).toEqual(['left']);
    });

    it('takes an index away and leaves its children, which go next', async () => {
      const repository = registry().repository();
      const child = await newImage(repository, { algorithm });
      const index = indexOf([child.descriptor], { algorithm });
      for (const manifest of [child, index]) await pushManifest(repository, manifest);
      for (const [{ digest }, left] of [
        [index, 200],
        [child, 404],
      ] as const) {
        expectStatus(await repository.send('DELETE', `/manifests/${digest}`), 202);
        expectStatus(await readManifest(repository, digest, 'HEAD'), 404);
        expectStatus(await readManifest(repository, child.digest, 'HEAD'), left);
      }
    });

    it('takes it again when it is pushed again', async () => {
      const repository = registry().repository();
      const image = await newImage(repository, { algorithm });
      await pushManifest(repository, image);
      expectStatus(await repository.send('DELETE', `/manifests/${image.digest}`), 202);
      await pushManifest(repository, image);
      expectStatus(await readManifest(repository, image.digest), 200);
    });
  });

  describe.each(algorithms)('OCI 1.1 Deleting Blobs, %s', (algorithm) => {
    it('takes the blob away at once, also after its manifest', async () => {
      const repository = registry().repository();
      const image = await newImage(repository, { algorithm });
      await pushManifest(repository, image);
      expectStatus(await repository.send('DELETE', `/manifests/${image.digest}`), 202);
      const { config, layers } = jsonOf<{ config: { digest: string }; layers: { digest: string }[] }>(image);
      const unused = await pushBlob(repository, uniqueBytes(), algorithm);
      for (const digest of [config.digest, ...layers.map((layer) => layer.digest), unused]) {
        expectStatus(await repository.send('DELETE', `/blobs/${digest}`), 202);
        for (const method of ['GET', 'HEAD']) expectStatus(await repository.send(method, `/blobs/${digest}`), 404);
      }
    });

    it('D6 takes it out of one repository and leaves it in the other', async () => {
      const [repository, other] = [registry().repository(), registry().repository()];
      const bytes = uniqueBytes();
      const digest = await pushBlob(repository, bytes, algorithm);
      await pushBlob(other, bytes, algorithm);
      expectStatus(await repository.send('DELETE', `/blobs/${digest}`), 202);
      expectStatus(await other.send('GET', `/blobs/${digest}`), 200);
      expectStatus(await repository.send('GET', `/blobs/${digest}`), 404);
      await pushBlob(repository, bytes, algorithm);
      expectStatus(await repository.send('GET', `/blobs/${digest}`), 200);
    });
  });

  describe('OCI 1.1 Content Management', () => {
    it('answers 404 for what is not there', async () => {
      const repository = registry().repository();
      await pushManifest(repository, await newImage(repository), 'v1');
      for (const path of ['/manifests/missing', `/manifests/${digestOf(uniqueBytes())}`]) {
        const answer = await repository.send('DELETE', path);
        expectStatus(answer, 404);
        expect(codeOf(answer)).toBe('MANIFEST_UNKNOWN');
      }
      const answer = await repository.send('DELETE', `/blobs/${digestOf(uniqueBytes())}`);
      expectStatus(answer, 404);
      expect(codeOf(answer)).toBe('BLOB_UNKNOWN');
      expectStatus(await registry().repository().send('DELETE', '/manifests/v1'), 404);
    });

    it('D12 refuses it to a token that may only pull and push', async () => {
      const whole = registry().repository();
      const image = await newImage(whole);
      await pushManifest(whole, image, 'v1');
      const lines = ['content/read', 'content/write'].map((action) => `repositories/${whole.name}/${action}`);
      const pusher = await registry().repositoryWith(whole.name, lines);
      const blob = await pushBlob(pusher);
      for (const path of ['/manifests/v1', `/manifests/${image.digest}`, `/blobs/${blob}`]) {
        expectStatus(await pusher.send('DELETE', path), 401);
      }
      expectStatus(await readManifest(whole, 'v1'), 200);
    });
  });
}
