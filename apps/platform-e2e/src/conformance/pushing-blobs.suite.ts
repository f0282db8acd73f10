import type { OciRepository } from '@berth/testing';
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
import { startUpload, withQuery } from './content.suite.js';

const octets = { 'content-type': 'application/octet-stream' };

/** That the answer to an upload leads to its bytes. */
export async function expectBlobAt(
  repository: OciRepository,
  answer: Awaited<ReturnType<OciRepository['send']>>,
  { digest, bytes }: { digest: string; bytes: Buffer },
): Promise<void> {
  expectStatus(answer, 201);
  expect(answer.headers.get('docker-content-digest')).toBe(digest);
  const pulled = await repository.send('GET', headerOf(answer, 'location'));
  expectStatus(pulled, 200);
  expect(pulled.bytes.equals(bytes)).toBe(true);
}

export function pushingBlobs(registry: Registry): void {
  describe.each(algorithms)('OCI 1.1 Pushing a blob monolithically, %s', (algorithm) => {
    it.each([
      ['512 bytes', uniqueBytes()],
      ['an empty blob', Buffer.alloc(0)],
      ['an empty JSON object', Buffer.from('{}')],
    ])('takes %s by POST then PUT, and leads to it', async (_what, bytes) => {
      const repository = registry().repository();
      const digest = digestOf(bytes, algorithm);
      const location = await startUpload(repository);
      const answer = await repository.send('PUT', withQuery(location, `digest=${digest}`), {
        headers: octets,
        body: bytes,
      });
      await expectBlobAt(repository, answer, { digest, bytes });
    });

    it('takes it by a single POST, and leads to it', async () => {
      const repository = registry().repository();
      const bytes = uniqueBytes();
      const digest = digestOf(bytes, algorithm);
      const answer = await repository.send('POST', `/blobs/uploads/?digest=${encodeURIComponent(digest)}`, {
        headers: octets,
        body: bytes,
      });
      await expectBlobAt(repository, answer, { digest, bytes });
    });

    it('takes the same blob twice', async () => {
      const repository = registry().repository();
      const bytes = uniqueBytes();
      const digest = digestOf(bytes, algorithm);
      for (let time = 0; time < 2; time++) {
        const location = withQuery(await startUpload(repository), `digest=${digest}`);
        expectStatus(await repository.send('PUT', location, { headers: octets, body: bytes }), 201);
      }
    });

    it('refuses bytes that the digest does not describe, and keeps none of them', async () => {
      const repository = registry().repository();
      const bytes = uniqueBytes();
      const wrong = digestOf(uniqueBytes(), algorithm);
      const location = withQuery(await startUpload(repository), `digest=${wrong}`);
      for (const answer of [
        await repository.send('PUT', location, { headers: octets, body: bytes }),
        await repository.send('POST', `/blobs/uploads/?digest=${wrong}`, { headers: octets, body: bytes }),
      ]) {
        expectStatus(answer, 400);
        expect(codeOf(answer)).toBe('DIGEST_INVALID');
      }
      expectStatus(await repository.send('HEAD', `/blobs/${wrong}`), 404);
      expectStatus(await repository.send('HEAD', `/blobs/${digestOf(bytes, algorithm)}`), 404);
    });

    it('OCI dev: takes the algorithm beforehand', async () => {
      const repository = registry().repository();
      const bytes = uniqueBytes();
      const digest = digestOf(bytes, algorithm);
      const location = await startUpload(repository, `?digest-algorithm=${algorithm}`);
      const patched = await repository.send('PATCH', location, { headers: octets, body: bytes });
      expectStatus(patched, 202);
      const finish = withQuery(headerOf(patched, 'location'), `digest=${digest}`);
      await expectBlobAt(repository, await repository.send('PUT', finish), { digest, bytes });
    });
  });

  describe('OCI 1.1 Pushing blobs', () => {
    it('OCI dev: refuses an algorithm that it does not have', async () => {
      const repository = registry().repository();
      for (const algorithm of ['md5', 'sha1', 'blake3', '']) {
        const answer = await repository.send('POST', `/blobs/uploads/?digest-algorithm=${algorithm}`);
        expectStatus(answer, 400);
      }
    });

    it('refuses to finish with a digest that is none', async () => {
      const repository = registry().repository();
      const location = await startUpload(repository);
      for (const digest of ['sha256:baddigeststring', `md5:${'a'.repeat(32)}`, '']) {
        const answer = await repository.send('PUT', withQuery(location, `digest=${digest}`), { body: uniqueBytes() });
        expectStatus(answer, 400);
        expect(codeOf(answer)).toBe('DIGEST_INVALID');
      }
    });

    it('gives each upload an address of its own', async () => {
      const repository = registry().repository();
      expect(await startUpload(repository)).not.toBe(await startUpload(repository));
    });
  });

  describe('OCI dev Canceling a blob upload', () => {
    it('answers 204, and the upload is unknown from then on', async () => {
      const repository = registry().repository();
      const location = await startUpload(repository);
      const patched = await repository.send('PATCH', location, { headers: octets, body: uniqueBytes() });
      const current = headerOf(patched, 'location');
      expectStatus(await repository.send('DELETE', current), 204);
      const finish = withQuery(current, `digest=${digestOf(uniqueBytes())}`);
      for (const [method, path] of [
        ['GET', current],
        ['PATCH', current],
        ['PUT', finish],
        ['DELETE', current],
      ] as const) {
        const answer = await repository.send(method, path, method === 'GET' ? {} : { body: uniqueBytes() });
        expectStatus(answer, 404);
        expect(codeOf(answer)).toBe('BLOB_UPLOAD_UNKNOWN');
      }
    });

    it('answers 204 for an upload without any byte', async () => {
      const repository = registry().repository();
      expectStatus(await repository.send('DELETE', await startUpload(repository)), 204);
    });
  });
}
