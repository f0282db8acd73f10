import { randomBytes } from 'node:crypto';
import { AppError } from '@berth/errors';
import { Spool } from '@berth/messaging';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from './registry.suite.js';
import { pullFrom, pushBlob, pushImage } from './sample-content.suite.js';

const name = 'team/app';
let place: TestPlace;
let registry: TestRegistry;
let image: Awaited<ReturnType<typeof pushImage>>;
let large: string;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  image = await pushImage(registry, name, { tag: 'v1', text: 'hello' });
  large = await pushBlob(registry, name, randomBytes(200_000));
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const requests: readonly [string, () => Promise<Response>][] = [
  ['a manifest', () => registry.ask('GET', `/v2/${name}/manifests/v1`, pullFrom(name))],
  ['a check of a manifest', () => registry.ask('HEAD', `/v2/${name}/manifests/v1`, pullFrom(name))],
  [
    'a 304',
    () => registry.ask('GET', `/v2/${name}/manifests/v1`, { ...pullFrom(name), headers: { 'if-none-match': '*' } }),
  ],
  ['a small blob', () => registry.ask('GET', `/v2/${name}/blobs/${image.layer}`, pullFrom(name))],
  ['a large blob', () => registry.ask('GET', `/v2/${name}/blobs/${large}`, pullFrom(name))],
  ['a refusal', () => registry.ask('GET', `/v2/${name}/manifests/v1`, pullFrom('team/other'))],
];

describe('the record of', () => {
  it.each(requests)('%s comes first: without it there is no such answer', async (_, request) => {
    const full = new AppError({ kind: 'unavailable', message: 'the audit record of this request cannot be written' });
    vi.spyOn(registry.app.get(Spool, { strict: false }), 'append').mockRejectedValue(full);
    const answer = await request();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(answer.headers.get('docker-content-digest')).toBeNull();
    await answer.body?.cancel();
  });

  it.each(requests)('%s is waited for: nothing is answered until it is in the file', async (_, request) => {
    const written = Promise.withResolvers<void>();
    const append = vi.spyOn(registry.app.get(Spool, { strict: false }), 'append').mockReturnValue(written.promise);
    let isAnswered = false;
    const answer = request().then((response) => {
      isAnswered = true;
      return response;
    });
    await vi.waitFor(() => expect(append).toHaveBeenCalledOnce());
    // Another request makes its way meanwhile; this one would have been answered long before.
    await registry.ask('GET', '/v2/', { token: null });
    await registry.ask('GET', '/v2/', { token: null });
    expect(isAnswered).toBe(false);
    written.resolve();
    expect((await answer).status).not.toBe(503);
    await (await answer).body?.cancel();
  });
});
