import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, imageType, pullFrom, pushImage } from '../sample-content.suite.js';

let place: TestPlace;
let registry: TestRegistry;
let image: Awaited<ReturnType<typeof pushImage>>;
const name = 'samples/hello-world';

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  image = await pushImage(registry, name, { tag: 'v1', text: 'hello' });
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

describe('GET of a manifest', () => {
  it.each(['v1', 'the digest'])(
    'by %s answers the bytes that were pushed, with what clients check them by',
    async (by) => {
      const path = `/v2/${name}/manifests/${by === 'v1' ? 'v1' : image.digest}`;
      const answer = await registry.ask('GET', path, pullFrom(name));
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(image.manifest)).toBe(true);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': imageType,
        'content-length': String(image.manifest.length),
        'docker-content-digest': image.digest,
        etag: `"${image.digest}"`,
        'docker-distribution-api-version': 'registry/2.0',
        'x-content-type-options': 'nosniff',
        'content-security-policy': 'sandbox',
      });
    },
  );

  it('is recorded before it is answered, with who pulled what by which grant', async () => {
    const before = registry.spooled().length;
    const answer = await registry.ask('GET', `/v2/${name}/manifests/v1`, {
      ...pullFrom(name),
      headers: { 'user-agent': 'crane/0.22', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    });
    expect(registry.spooled().slice(before)).toMatchObject([
      {
        event: 'pull',
        outcome: 'allowed',
        action: 'content/read',
        actor: { id: 'token:01900000-0000-7000-8000-00000000aaaa', name: 'mytoken', slot: 1 },
        target: { repository: name, tag: 'v1', digest: image.digest, bytes: image.manifest.length },
        decidedBy: [{ version: 3 }, { ref: 'scope-map:m', version: 7 }],
        source: { address: '127.0.0.1', userAgent: 'crane/0.22' },
        traceId: 'a'.repeat(32),
        service: 'registry',
        instance: 'registry-1',
      },
    ]);
    await answer.body?.cancel();
  });

  it('answers 304 without bytes to a caller that has it, and records that it asked', async () => {
    const before = registry.spooled().length;
    const headers = { 'if-none-match': `"sha256:${'0'.repeat(64)}", "${image.digest}"` };
    const answer = await registry.ask('GET', `/v2/${name}/manifests/v1`, { ...pullFrom(name), headers });
    expect(answer.status).toBe(304);
    expect(await answer.text()).toBe('');
    expect(answer.headers.get('docker-content-digest')).toBe(image.digest);
    const other = { 'if-none-match': `"sha256:${'0'.repeat(64)}"` };
    const changed = await registry.ask('GET', `/v2/${name}/manifests/v1`, { ...pullFrom(name), headers: other });
    expect(changed.status).toBe(200);
    await changed.body?.cancel();
    expect(
      registry
        .spooled()
        .slice(before)
        .map(({ event }) => event),
    ).toEqual(['check', 'pull']);
  });

  it('answers HEAD with the headers of GET and no bytes, and records a check', async () => {
    const before = registry.spooled().length;
    const answer = await registry.ask('HEAD', `/v2/${name}/manifests/v1`, pullFrom(name));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe(String(image.manifest.length));
    expect(answer.headers.get('docker-content-digest')).toBe(image.digest);
    expect(answer.headers.get('content-type')).toBe(imageType);
    expect(registry.spooled().slice(before)).toMatchObject([{ event: 'check', target: { tag: 'v1' } }]);
  });

  it.each([`/v2/${name}/manifests/v2`, `/v2/${name}/manifests/sha256:${'1'.repeat(64)}`])(
    'answers 404 MANIFEST_UNKNOWN for %s and records nothing',
    async (path) => {
      const before = registry.spooled().length;
      const answer = await registry.ask('GET', path, pullFrom(name));
      expect(answer.status).toBe(404);
      expect(await codeOf(answer)).toBe('MANIFEST_UNKNOWN');
      expect((await registry.ask('HEAD', path, pullFrom(name))).status).toBe(404);
      expect(registry.spooled()).toHaveLength(before);
    },
  );

  it('is not found through another repository', async () => {
    await pushImage(registry, 'samples/nginx', { tag: 'v1', text: 'nginx' });
    const answer = await registry.ask('GET', `/v2/samples/nginx/manifests/${image.digest}`, pullFrom('samples/nginx'));
    expect(answer.status).toBe(404);
    await answer.body?.cancel();
  });
});
