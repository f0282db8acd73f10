import { request as httpRequest, type IncomingMessage } from 'node:http';
import { randomBytes } from 'node:crypto';
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Digest } from '@berth/oci';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, pullFrom, pushBlob } from '../sample-content.suite.js';

const name = 'team/app';
const small = randomBytes(4096);
const large = randomBytes(20_000_000);
let place: TestPlace;
let registry: TestRegistry;
let smallDigest: Digest;
let largeDigest: Digest;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  smallDigest = await pushBlob(registry, name, small);
  largeDigest = await pushBlob(registry, name, large);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const get = (digest: string, headers: Record<string, string> = {}) =>
  registry.ask('GET', `/v2/${name}/blobs/${digest}`, { ...pullFrom(name), headers });

describe('GET of a blob', () => {
  it.each([
    ['small', small, () => smallDigest],
    ['large', large, () => largeDigest],
  ])('answers a %s one whole, as an attachment of no particular type', async (_, bytes, digest) => {
    const answer = await get(digest());
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'content-length': String(bytes.length),
      'docker-content-digest': digest(),
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
    });
  });

  it('is recorded before the first byte, with the bytes that are answered', async () => {
    const before = registry.spooled().length;
    const answer = await get(largeDigest);
    const target = { repository: name, digest: largeDigest, bytes: large.length };
    expect(registry.spooled().slice(before)).toMatchObject([{ event: 'blob-pull', outcome: 'allowed', target }]);
    await answer.arrayBuffer();
    expect(registry.spooled()).toHaveLength(before + 1);
  });

  it('answers one range of it, and says when there is none', async () => {
    const before = registry.spooled().length;
    const part = await get(largeDigest, { range: 'bytes=5-14' });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe('bytes 5-14/20000000');
    expect(Buffer.from(await part.arrayBuffer()).equals(large.subarray(5, 15))).toBe(true);
    const end = await get(smallDigest, { range: 'bytes=-3' });
    expect(Buffer.from(await end.arrayBuffer()).equals(small.subarray(-3))).toBe(true);
    expect(registry.spooled().slice(before)).toMatchObject([{ target: { bytes: 10 } }, { target: { bytes: 3 } }]);
    const none = await get(smallDigest, { range: 'bytes=4096-' });
    expect([none.status, none.headers.get('content-range')]).toEqual([416, 'bytes */4096']);
  });

  it('answers HEAD with its size and no bytes', async () => {
    const answer = await registry.ask('HEAD', `/v2/${name}/blobs/${smallDigest}`, pullFrom(name));
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '4096']);
    expect(answer.headers.get('docker-content-digest')).toBe(smallDigest);
  });

  it('D2 answers 404 BLOB_UNKNOWN for a blob that only another repository has, as for one that nobody has', async () => {
    const other = await registry.ask('GET', `/v2/team/other/blobs/${smallDigest}`, pullFrom('team/other'));
    const nobody = await registry.ask(
      'GET',
      `/v2/team/other/blobs/${digestOf(Buffer.from('?'))}`,
      pullFrom('team/other'),
    );
    expect([other.status, nobody.status]).toEqual([404, 404]);
    expect([await codeOf(other), await codeOf(nobody)]).toEqual(['BLOB_UNKNOWN', 'BLOB_UNKNOWN']);
    expect((await registry.ask('HEAD', `/v2/team/other/blobs/${smallDigest}`, pullFrom('team/other'))).status).toBe(
      404,
    );
  });

  it('C2 C3 refuses what is no digest', async () => {
    for (const digest of [
      'sha256:..%2f..%2fpasswd',
      'sha256:',
      `SHA256:${'a'.repeat(64)}`,
      'md5:abc',
      `sha256:${'a'.repeat(63)}`,
    ]) {
      const answer = await get(digest);
      expect([digest, answer.status, await codeOf(answer)]).toEqual([digest, 400, 'DIGEST_INVALID']);
    }
  });

  it('records a stream that breaks, with the bytes that were sent', async () => {
    const before = registry.spooled().length;
    await breakOff(`${registry.url}/v2/${name}/blobs/${largeDigest}`, place.identity.token({ [name]: ['pull'] }));
    await vi.waitFor(() => expect(registry.spooled()).toHaveLength(before + 2), { timeout: 5000 });
    const [pulled, aborted] = registry.spooled().slice(before);
    expect(pulled).toMatchObject({ event: 'blob-pull', target: { bytes: large.length } });
    expect(aborted).toMatchObject({ event: 'pull-aborted', outcome: 'aborted', target: { digest: largeDigest } });
    expect(aborted?.target.bytes).toBeGreaterThanOrEqual(0);
    expect(aborted?.target.bytes).toBeLessThan(large.length);
  });

  it('breaks the connection when the bytes end before the blob does', async () => {
    const bytes = randomBytes(500_000);
    const digest = await pushBlob(registry, name, bytes);
    await truncate(await fileOf(digest), 300_000);
    const before = registry.spooled().length;
    const answer = await get(digest);
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow();
    await vi.waitFor(() => expect(registry.spooled()).toHaveLength(before + 2), { timeout: 5000 });
    expect(registry.spooled().at(-1)).toMatchObject({ event: 'pull-aborted', target: { digest, bytes: 300_000 } });
  });

  it('answers 503, never 404, when the bytes of a known blob can not be opened', async () => {
    const digest = await pushBlob(registry, name, Buffer.from('lost bytes'));
    await rm(await fileOf(digest));
    const answer = await get(digest);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    await answer.body?.cancel();
  });
});

async function fileOf(digest: Digest): Promise<string> {
  const [row] = await registry.db.query<{ key: string }>('select key from blob where digest = $1', [digest]);
  const key = row?.key ?? '';
  return join(place.dataDir, 'blobs', key.slice(-2), key);
}

/** Reads a little of the answer, then cuts the connection. */
async function breakOff(url: string, token: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sent = httpRequest(url, { headers: { authorization: `Bearer ${token}` } }, (answer: IncomingMessage) => {
    answer.once('data', () => {
      answer.destroy();
      resolve();
    });
  });
  sent.on('error', reject);
  sent.end();
  await promise;
}
