import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from './registry.suite.js';
import { codeOf, imageType, indexType, pullFrom, pushBlob, pushImage, putManifest } from './sample-content.suite.js';

const name = 'team/app';
const page = Buffer.from('<script>alert(1)</script>');
let place: TestPlace;
let registry: TestRegistry;
let image: Awaited<ReturnType<typeof pushImage>>;
let html: string;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  image = await pushImage(registry, name, { tag: 'v1', text: 'x'.repeat(1_000) });
  html = await pushBlob(registry, name, page);
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  registry.ask('GET', `/v2/${name}/${path}`, { ...pullFrom(name), headers });

/** Sends bytes as they are, and reads until the server closes. */
async function sendRaw(request: string): Promise<string> {
  const { hostname, port } = new URL(registry.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.end(request);
  return text(socket);
}

describe('what is read as two requests by one program and as one by another', () => {
  const start = (...headers: readonly string[]) =>
    [`POST /v2/${name}/blobs/uploads/ HTTP/1.1`, 'Host: localhost:5000', ...headers, '', ''].join('\r\n');
  const smuggled = `GET /v2/${name}/tags/list HTTP/1.1\r\nHost: localhost:5000\r\n\r\n`;

  it.each([
    [
      'Content-Length and Transfer-Encoding',
      start('Content-Length: 4', 'Transfer-Encoding: chunked') + `0\r\n\r\n${smuggled}`,
    ],
    ['two lengths', start('Content-Length: 0', `Content-Length: ${smuggled.length}`) + smuggled],
    ['a length that is none', start('Content-Length: +5') + 'hello'],
    ['a chunk of no size', start('Transfer-Encoding: chunked') + 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a coding before chunked', start('Transfer-Encoding: xchunked') + smuggled],
  ])('C10 %s: at most one answer, and the connection ends', async (_, request) => {
    const answer = await sendRaw(request);
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(answer).not.toContain('HTTP/1.1 2');
    expect((await registry.ask('GET', '/v2/')).status).toBe(200);
  });
});

describe('content that somebody pushed', () => {
  it.each([
    ['F17 a blob', () => `blobs/${html}`, 'application/octet-stream'],
    ['F15 a manifest', () => 'manifests/v1', imageType],
  ])('%s is never a page of ours', async (_, path, contentType) => {
    const { headers } = await get(path());
    expect(headers.get('content-type')).toBe(contentType);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    if (contentType !== imageType) expect(headers.get('content-disposition')).toMatch(/^attachment/);
  });

  it('F15 an annotation with markup comes back as the JSON that it is', async () => {
    const note = '<img src=x onerror=alert(1)>';
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [], annotations: { note } }),
    );
    expect((await putManifest(registry, `/v2/${name}/manifests/marked`, bytes, indexType)).status).toBe(201);
    const answer = await get('manifests/marked');
    expect(answer.headers.get('content-type')).toBe(indexType);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('F7 comes back byte for byte, however it was spaced', async () => {
    const spaced = Buffer.from(`{\n  "schemaVersion" : 2,\t"mediaType":"${indexType}",\r\n "manifests":[ ]}\n`);
    expect((await putManifest(registry, `/v2/${name}/manifests/spaced`, spaced, indexType)).status).toBe(201);
    expect(Buffer.from(await (await get('manifests/spaced')).arrayBuffer()).equals(spaced)).toBe(true);
  });

  it('G6 is answered as it is stored, whatever the client would rather have', async () => {
    const answer = await get('manifests/v1', { accept: 'application/vnd.docker.distribution.manifest.v1+prettyjws' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, imageType]);
    expect(Buffer.from(await answer.arrayBuffer()).equals(image.manifest)).toBe(true);
  });
});

describe('ranges and conditions', () => {
  it('G1 a thousand ranges cost one answer of the whole', async () => {
    const ranges = Array.from({ length: 1_000 }, () => '0-0').join(',');
    const answer = await get(`blobs/${image.layer}`, { range: `bytes=${ranges}` });
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBe(1_000);
  });

  it.each([
    ['bytes=5-2', 416],
    ['bytes=-0', 416],
    ['bytes=99999999999-', 416],
    ['bytes=abc', 200],
  ])('G2 the range %s is answered %i', async (range, status) => {
    const answer = await get(`blobs/${image.layer}`, { range });
    expect(answer.status).toBe(status);
    await answer.body?.cancel();
  });

  it('G3 who may not read is not told that nothing changed', async () => {
    const headers = { 'if-none-match': `"${image.digest}"` };
    for (const path of ['manifests/v1', `manifests/${image.digest}`]) {
      const answer = await registry.ask('GET', `/v2/${name}/${path}`, { ...pullFrom('team/other'), headers });
      expect([answer.status, await codeOf(answer)], path).toEqual([401, 'DENIED']);
    }
    const held = await get('manifests/v1', headers);
    expect(held.status).toBe(304);
  });

  it('D1 what is not there and what is not theirs look alike to strangers', async () => {
    const answers = [];
    for (const repository of [name, 'team/never-was']) {
      const answer = await registry.ask('GET', `/v2/${repository}/manifests/v1`, { token: null });
      const challenge = answer.headers.get('www-authenticate')?.replace(repository, '<name>');
      const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
      answers.push([answer.status, challenge, errors[0]?.code, errors[0]?.message]);
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it('D22 what was taken away is refused to a token from before', async () => {
    const token = place.identity.token({ [name]: ['pull'] });
    expect((await registry.ask('GET', `/v2/${name}/manifests/v1`, { token })).status).toBe(200);
    await registry.raiseMinimum('scope-map:m', 8);
    const refused = await registry.ask('GET', `/v2/${name}/manifests/v1`, { token });
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
    const entry = registry.spooled().at(-1);
    expect(entry).toMatchObject({
      reason: 'taken-away',
      decidedBy: expect.arrayContaining([{ ref: 'scope-map:m', version: 7 }]),
    });
  });
});
