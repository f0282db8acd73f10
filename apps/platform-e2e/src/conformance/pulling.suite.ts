import { describe, expect, it } from 'vitest';
import {
  algorithms,
  codeOf,
  digestOf,
  expectStatus,
  headerOf,
  type Registry,
  uniqueBytes,
} from './conformance.suite.js';
import { newImage, pushBlob, pushManifest, readManifest } from './content.suite.js';

export function pulling(registry: Registry): void {
  describe('OCI 1.1 Determining Support', () => {
    it('answers 200 at /v2/ to a token, and a challenge to nobody', async () => {
      expectStatus(await registry().repository().send('GET', '/v2/'), 200);
      const answer = await registry().anonymous('GET', '/v2/');
      expectStatus(answer, 401);
      expect(headerOf(answer, 'www-authenticate')).toMatch(/^Bearer realm="[^"]+",service="[^"]+"/);
    });
  });

  describe.each(algorithms)('OCI 1.1 Pulling manifests by tag and %s', (algorithm) => {
    it('GET answers the bytes as they were pushed, HEAD the same headers without them', async () => {
      const repository = registry().repository();
      const image = await newImage(repository, { algorithm });
      await pushManifest(repository, image);
      const references: string[] = [image.digest];
      // Only the development version can give a tag to a digest of another algorithm.
      if (algorithm === 'sha256') {
        await pushManifest(repository, image, 'v1');
        references.push('v1');
      }
      for (const reference of references) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await readManifest(repository, reference, method);
          expectStatus(answer, 200);
          expect(answer.headers.get('content-type')).toBe(image.mediaType);
          expect(answer.headers.get('content-length')).toBe(String(image.bytes.length));
          expect(answer.headers.get('content-encoding')).toBeNull();
          expect(answer.bytes.equals(method === 'GET' ? image.bytes : Buffer.alloc(0))).toBe(true);
        }
      }
    });

    it('OCI dev: every answer names the digest', async () => {
      const repository = registry().repository();
      const image = await newImage(repository, { algorithm });
      await pushManifest(repository, image);
      for (const method of ['GET', 'HEAD']) {
        const answer = await readManifest(repository, image.digest, method);
        expect(answer.headers.get('docker-content-digest')).toBe(image.digest);
      }
    });
  });

  describe('OCI 1.1 Pulling manifests', () => {
    it('answers 404 for a tag, a digest and a repository that are not there', async () => {
      const repository = registry().repository();
      await pushManifest(repository, await newImage(repository), 'v1');
      for (const reference of ['missing', digestOf(uniqueBytes()), digestOf(uniqueBytes(), 'sha512')]) {
        for (const place of [repository, registry().repository()]) {
          const answer = await readManifest(place, reference);
          expectStatus(answer, 404);
          expect(['MANIFEST_UNKNOWN', 'NAME_UNKNOWN']).toContain(codeOf(answer));
          expectStatus(await readManifest(place, reference, 'HEAD'), 404);
        }
      }
    });

    it('answers 400 or 404 for what can be neither a tag nor a digest', async () => {
      expectStatus(await readManifest(registry().repository(), 'sha256:baddigeststring'), 400, 404);
    });

    it('OCI 1.1 Registry Proxying: takes the namespace of a mirror and goes on', async () => {
      const repository = registry().repository();
      const image = await newImage(repository);
      await pushManifest(repository, image, 'v1');
      for (const path of [`/manifests/v1?ns=docker.io`, `/manifests/${image.digest}?ns=registry.example:5000`]) {
        expectStatus(await repository.send('GET', path), 200);
      }
    });
  });

  describe.each(algorithms)('OCI 1.1 Pulling blobs by %s', (algorithm) => {
    it.each([
      ['512 bytes', uniqueBytes()],
      ['an empty blob', Buffer.alloc(0)],
      ['an empty JSON object', Buffer.from('{}')],
    ])('GET and HEAD answer %s', async (_what, bytes) => {
      const repository = registry().repository();
      const digest = await pushBlob(repository, bytes, algorithm);
      for (const method of ['GET', 'HEAD']) {
        const answer = await repository.send(method, `/blobs/${digest}`);
        expectStatus(answer, 200);
        expect(answer.headers.get('content-length')).toBe(String(bytes.length));
        expect(answer.headers.get('docker-content-digest')).toBe(digest);
        expect(answer.bytes.equals(method === 'GET' ? bytes : Buffer.alloc(0))).toBe(true);
      }
    });

    it('answers 404 for one that is not there, and for one that another repository has', async () => {
      const elsewhere = await pushBlob(registry().repository(), uniqueBytes(), algorithm);
      const repository = registry().repository();
      await pushBlob(repository);
      for (const digest of [digestOf(uniqueBytes(), algorithm), elsewhere]) {
        const answer = await repository.send('GET', `/blobs/${digest}`);
        expectStatus(answer, 404);
        expect(codeOf(answer)).toBe('BLOB_UNKNOWN');
        expectStatus(await repository.send('HEAD', `/blobs/${digest}`), 404);
      }
    });

    it.each([
      ['500-1499', 500, 1499],
      ['500-', 500, 2047],
      ['-500', 1548, 2047],
      ['2000-5000', 2000, 2047],
      ['0-0', 0, 0],
    ])('answers the range %s', async (range, first, last) => {
      const repository = registry().repository();
      const bytes = uniqueBytes(2048);
      const digest = await pushBlob(repository, bytes, algorithm);
      const answer = await repository.send('GET', `/blobs/${digest}`, { headers: { range: `bytes=${range}` } });
      expectStatus(answer, 206);
      expect(answer.bytes.equals(bytes.subarray(first, last + 1))).toBe(true);
      expect(answer.headers.get('content-length')).toBe(String(last - first + 1));
      expect(answer.headers.get('content-range')).toBe(`bytes ${first}-${last}/2048`);
    });

    it.each(['500-0', '5000-10000'])('answers 416 to the range %s', async (range) => {
      const repository = registry().repository();
      const digest = await pushBlob(repository, uniqueBytes(2048), algorithm);
      const answer = await repository.send('GET', `/blobs/${digest}`, { headers: { range: `bytes=${range}` } });
      expectStatus(answer, 416);
    });
  });
}
