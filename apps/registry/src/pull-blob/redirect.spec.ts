import { randomBytes } from 'node:crypto';
import { digestOf } from '@berth/oci';
import type { S3Connection } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, pullFrom, pushBlob, pushTo } from '../sample-content.suite.js';

const s3 = inject('s3');
const name = 'team/app';
let place: TestPlace;
let redirecting: TestRegistry;
let streaming: TestRegistry;

function settingsOf({ endpoint, region, bucket, credentials }: S3Connection) {
  return {
    ...{ BERTH_S3_BUCKET: bucket, BERTH_S3_ENDPOINT: endpoint, BERTH_S3_REGION: region },
    ...{ BERTH_S3_ACCESS_KEY_ID: credentials.accessKeyId, BERTH_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey },
  };
}

describe.skipIf(s3 === null)('pulls of blobs that lie in S3', () => {
  beforeAll(async () => {
    if (s3 === null) return;
    place = await newPlace();
    const settings = settingsOf(s3);
    redirecting = await TestRegistry.start(place, { settings });
    const streamed = { ...settings, BERTH_S3_REDIRECT: 'off' } as const;
    streaming = await TestRegistry.start(place, { instance: 'registry-2', settings: streamed });
  });

  afterAll(async () => {
    await redirecting?.stop();
    await streaming?.stop();
    await place?.remove();
  });

  const get = (registry: TestRegistry, digest: string) =>
    registry.ask('GET', `/v2/${name}/blobs/${digest}`, pullFrom(name));

  it('are sent to an address that needs no credential of ours and is nobody else’s to keep', async () => {
    const bytes = randomBytes(200_000);
    const digest = await pushBlob(redirecting, name, bytes);
    const before = redirecting.spooled().length;
    const answer = await get(redirecting, digest);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([307, 'no-store']);
    expect(answer.headers.get('docker-content-digest')).toBe(digest);
    const target = { repository: name, digest, bytes: bytes.length };
    expect(redirecting.spooled().slice(before)).toMatchObject([{ event: 'blob-pull', target }]);
    const fetched = await fetch(answer.headers.get('location') ?? '');
    expect(Buffer.from(await fetched.arrayBuffer()).equals(bytes)).toBe(true);
    expect(fetched.headers.get('content-disposition')).toMatch(/^attachment/);
    const part = await fetch(answer.headers.get('location') ?? '', { headers: { range: 'bytes=10-19' } });
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
  });

  it('G5 lead to the configured server, and the address is in no entry', async () => {
    const digest = await pushBlob(redirecting, name, randomBytes(1_000));
    const { origin, search } = new URL((await get(redirecting, digest)).headers.get('location') ?? '');
    expect(origin).toBe(s3?.endpoint);
    expect(search).toContain('X-Amz-Expires=60');
    expect(JSON.stringify(redirecting.spooled())).not.toContain('X-Amz');
  });

  it('G4 open no other blob', async () => {
    const [one, other] = [
      await pushBlob(redirecting, name, randomBytes(10)),
      await pushBlob(redirecting, name, randomBytes(11)),
    ];
    const address = new URL((await get(redirecting, one)).headers.get('location') ?? '');
    const otherPath = new URL((await get(redirecting, other)).headers.get('location') ?? '').pathname;
    address.pathname = otherPath;
    const answer = await fetch(address);
    expect(answer.status).toBe(403);
    await answer.body?.cancel();
  });

  it('are streamed where redirects are off, by a replica on the same bucket', async () => {
    const bytes = randomBytes(300_000);
    const digest = await pushBlob(redirecting, name, bytes);
    const answer = await get(streaming, digest);
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('are streamed to whom only some networks are open, who could pass the address on', async () => {
    const bytes = randomBytes(1_000);
    const digest = await pushBlob(redirecting, name, bytes);
    const when = [{ cidrs: ['127.0.0.0/8', '::1/128'] }];
    const access = [{ type: 'repository' as const, name, actions: ['pull'], inc: 0, when }];
    const asking = { token: place.identity.token({}, { access }) };
    const answer = await redirecting.ask('GET', `/v2/${name}/blobs/${digest}`, asking);
    expect([answer.status, Buffer.from(await answer.arrayBuffer()).equals(bytes)]).toEqual([200, true]);
  });

  it('go on in chunks at another replica', async () => {
    const bytes = randomBytes(6 * 1024 * 1024);
    const started = await redirecting.ask('POST', `/v2/${name}/blobs/uploads/`, pushTo(name));
    const location = started.headers.get('location') ?? '';
    const half = bytes.length / 2;
    expect((await redirecting.ask('PATCH', location, { ...pushTo(name), body: bytes.subarray(0, half) })).status).toBe(
      202,
    );
    expect((await streaming.ask('PATCH', location, { ...pushTo(name), body: bytes.subarray(half) })).status).toBe(202);
    const digest = digestOf(bytes);
    const finished = await streaming.ask('PUT', `${location}?digest=${digest}`, pushTo(name));
    expect([finished.status, finished.status === 201 ? '' : await codeOf(finished)]).toEqual([201, '']);
    const fetched = await fetch((await get(redirecting, digest)).headers.get('location') ?? '');
    expect(Buffer.from(await fetched.arrayBuffer()).equals(bytes)).toBe(true);
  });
});
