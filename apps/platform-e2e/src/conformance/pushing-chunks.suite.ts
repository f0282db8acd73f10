import type { OciAnswer, OciRepository } from '@berth/testing';
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
import { expectBlobAt } from './pushing-blobs.suite.js';

const chunkSize = 1024;
/** Three chunks, the last one shorter. */
const blobSize = 3 * chunkSize - 5;

interface Chunk {
  readonly bytes: Buffer;
  readonly start: number;
}

function sendChunk(repository: OciRepository, location: string, chunk: Chunk, method = 'PATCH'): Promise<OciAnswer> {
  const end = chunk.start + chunk.bytes.length - 1;
  const headers = { 'content-type': 'application/octet-stream', 'content-range': `${chunk.start}-${end}` };
  return repository.send(method, location, { headers, body: chunk.bytes });
}

function chunksOf(bytes: Buffer): readonly Chunk[] {
  const starts = [0, chunkSize, 2 * chunkSize];
  return starts.map((start) => ({ start, bytes: bytes.subarray(start, start + chunkSize) }));
}

/** Uploads by PATCH what lies before the chunk at `end`. @returns where it goes on */
async function uploadUntil(repository: OciRepository, chunks: readonly Chunk[], end: number): Promise<string> {
  let location = await startUpload(repository);
  for (const chunk of chunks.slice(0, end)) {
    const answer = await sendChunk(repository, location, chunk);
    expectStatus(answer, 202);
    expect(answer.headers.get('range')).toBe(`0-${chunk.start + chunk.bytes.length - 1}`);
    location = headerOf(answer, 'location');
  }
  return location;
}

export function pushingChunks(registry: Registry): void {
  describe.each(algorithms)('OCI 1.1 Pushing a blob in chunks, %s', (algorithm) => {
    const newBlob = () => {
      const bytes = uniqueBytes(blobSize);
      return { bytes, digest: digestOf(bytes, algorithm), chunks: chunksOf(bytes) };
    };

    it('takes each chunk by PATCH and ends with an empty PUT', async () => {
      const repository = registry().repository();
      const blob = newBlob();
      const location = await uploadUntil(repository, blob.chunks, 3);
      await expectBlobAt(repository, await repository.send('PUT', withQuery(location, `digest=${blob.digest}`)), blob);
    });

    it('takes the last chunk in the closing PUT, with and without its range', async () => {
      for (const withRange of [true, false]) {
        const repository = registry().repository();
        const blob = newBlob();
        const [last] = blob.chunks.slice(2);
        if (last === undefined) throw new Error('no last chunk');
        const location = withQuery(await uploadUntil(repository, blob.chunks, 2), `digest=${blob.digest}`);
        const answer = withRange
          ? await sendChunk(repository, location, last, 'PUT')
          : await repository.send('PUT', location, { body: last.bytes });
        await expectBlobAt(repository, answer, blob);
      }
    });

    it('takes one chunk of the whole blob', async () => {
      const repository = registry().repository();
      const blob = newBlob();
      const patched = await sendChunk(repository, await startUpload(repository), { start: 0, bytes: blob.bytes });
      expectStatus(patched, 202);
      const finish = withQuery(headerOf(patched, 'location'), `digest=${blob.digest}`);
      await expectBlobAt(repository, await repository.send('PUT', finish), blob);
    });

    it('takes a stream of unknown length by PATCH', async () => {
      const repository = registry().repository();
      const blob = newBlob();
      const location = await startUpload(repository);
      const body = new Blob([blob.bytes]).stream();
      const patched = await repository.send('PATCH', location, { body });
      expectStatus(patched, 202);
      const finish = withQuery(headerOf(patched, 'location'), `digest=${blob.digest}`);
      await expectBlobAt(repository, await repository.send('PUT', finish), blob);
    });

    it('answers 416 to a chunk out of order, says how far it is, and goes on from there', async () => {
      const repository = registry().repository();
      const blob = newBlob();
      const [first, second, third] = blob.chunks;
      if (first === undefined || second === undefined || third === undefined) throw new Error('too few chunks');
      let location = await uploadUntil(repository, blob.chunks, 1);
      for (const wrong of [third, first, { start: chunkSize - 1, bytes: second.bytes }]) {
        expectStatus(await sendChunk(repository, location, wrong), 416);
        location = await expectStatusOf(repository, location, chunkSize - 1);
      }
      for (const chunk of [second, third]) {
        const answer = await sendChunk(repository, location, chunk);
        expectStatus(answer, 202);
        location = headerOf(answer, 'location');
      }
      await expectBlobAt(repository, await repository.send('PUT', withQuery(location, `digest=${blob.digest}`)), blob);
    });

    it('answers 416 to a first chunk that does not begin at 0', async () => {
      const repository = registry().repository();
      const [, second] = newBlob().chunks;
      if (second === undefined) throw new Error('too few chunks');
      const location = await startUpload(repository);
      expectStatus(await sendChunk(repository, location, second), 416);
      const status = await repository.send('GET', location);
      expectStatus(status, 204);
      expect(headerOf(status, 'range')).toMatch(/^0-\d+$/);
    });

    it('answers 416 to a closing PUT out of order, and the upload goes on', async () => {
      const repository = registry().repository();
      const blob = newBlob();
      const [first, second, third] = blob.chunks;
      if (first === undefined || second === undefined || third === undefined) throw new Error('too few chunks');
      const location = await uploadUntil(repository, blob.chunks, 1);
      const closing = withQuery(location, `digest=${blob.digest}`);
      expectStatus(await sendChunk(repository, closing, third, 'PUT'), 416);
      expectStatus(await sendChunk(repository, closing, first, 'PUT'), 416);
      // With the query of the PUT, as some clients ask.
      const current = await expectStatusOf(repository, closing, chunkSize - 1);
      expectStatus(await sendChunk(repository, current, second), 202);
      await expectBlobAt(repository, await sendChunk(repository, closing, third, 'PUT'), blob);
    });

    it('refuses a digest that the chunks do not have', async () => {
      const repository = registry().repository();
      const location = await uploadUntil(repository, newBlob().chunks, 3);
      const wrong = digestOf(uniqueBytes(), algorithm);
      const answer = await repository.send('PUT', withQuery(location, `digest=${wrong}`));
      expectStatus(answer, 400);
      expect(codeOf(answer)).toBe('DIGEST_INVALID');
      expectStatus(await repository.send('HEAD', `/blobs/${wrong}`), 404);
    });
  });

  describe('OCI 1.1 Pushing a blob in chunks', () => {
    it('answers 404 for an upload that was never started', async () => {
      const repository = registry().repository();
      const answer = await repository.send('GET', '/blobs/uploads/00000000-0000-4000-8000-000000000000');
      expectStatus(answer, 404);
      expect(codeOf(answer)).toBe('BLOB_UPLOAD_UNKNOWN');
    });

    it('answers 404 for an upload of another repository', async () => {
      const location = await startUpload(registry().repository());
      const id = location.slice(location.lastIndexOf('/'));
      expectStatus(await registry().repository().send('GET', `/blobs/uploads${id}`), 404);
    });
  });
}

/** That the upload is where it should be. @returns where it goes on */
async function expectStatusOf(repository: OciRepository, location: string, lastByte: number): Promise<string> {
  const answer = await repository.send('GET', location);
  expectStatus(answer, 204);
  expect(answer.headers.get('range')).toBe(`0-${lastByte}`);
  return headerOf(answer, 'location');
}
