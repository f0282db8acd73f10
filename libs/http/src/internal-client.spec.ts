import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InternalClient } from './internal-client.js';

const answer = z.strictObject({ ok: z.boolean() });
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A service at an address of its own, and what it was asked. */
async function serve(
  reply: (response: ServerResponse) => void,
): Promise<{ url: string; asked: Asked[]; server: Server }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ method: request.method, url: request.url, headers: request.headers, body });
      reply(response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server };
}

async function goneAddress(): Promise<string> {
  const { url, server } = await serve(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

const fine = (response: ServerResponse) => response.end('{"ok":true}');
const client = (baseUrls: string[], timeoutMs = 1_000) =>
  new InternalClient({ service: 'policy', baseUrls, key: 'the-internal-key', timeoutMs });

describe('a call to another service', () => {
  it('carries the internal key, the caller it is made for, and a body as JSON', async () => {
    const { url, asked } = await serve(fine);
    const call = { schema: answer, token: 'management-token', headers: { traceparent: '00-x' } };
    expect(await client([url]).getJson('/internal/changes?after=3', call)).toEqual({ ok: true });
    await client([url]).sendJson({ method: 'POST', path: '/internal/x', body: { a: 1 } }, { schema: answer });
    expect(asked).toMatchObject([
      {
        method: 'GET',
        url: '/internal/changes?after=3',
        headers: {
          'berth-internal': 'the-internal-key',
          authorization: 'Bearer management-token',
          traceparent: '00-x',
        },
      },
      { method: 'POST', url: '/internal/x', body: '{"a":1}', headers: { 'content-type': 'application/json' } },
    ]);
    expect(asked[1]?.headers['authorization']).toBeUndefined();
  });

  it('takes the replicas in turn', async () => {
    const [one, two] = [await serve(fine), await serve(fine)];
    const both = client([one.url, two.url]);
    for (let n = 0; n < 6; n += 1) await both.getJson('/x', { schema: answer });
    expect([one.asked.length, two.asked.length]).toEqual([3, 3]);
  });

  it('asks the next replica when one cannot be reached, as long as it only asks', async () => {
    const [gone, alive] = [await goneAddress(), await serve(fine)];
    const both = client([gone, alive.url]);
    for (let n = 0; n < 4; n += 1) expect(await both.getJson('/x', { schema: answer })).toEqual({ ok: true });
    const broken = await serve((response) => response.destroy());
    const sent = client([broken.url, alive.url]).sendJson({ method: 'POST', path: '/x', body: {} }, { schema: answer });
    await expect(sent).rejects.toMatchObject({ kind: 'unavailable' });
    expect(broken.asked).toHaveLength(1);
    expect(alive.asked).toHaveLength(4);
  });

  it('asks the next replica whatever the method when no connection was made: nothing was sent', async () => {
    const [gone, alive] = [await goneAddress(), await serve(fine)];
    const unknown = 'http://nowhere.invalid';
    const all = client([gone, alive.url, unknown]);
    for (let n = 0; n < 6; n += 1) {
      const request = { method: n % 2 === 0 ? 'POST' : 'PUT', path: '/x', body: { n } } as const;
      expect(await all.sendJson(request, { schema: answer })).toEqual({ ok: true });
    }
    expect(alive.asked.map(({ body }) => body)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `{"n":${n}}`));
  });

  it('is unavailable when nobody can be reached', async () => {
    const nobody = client([await goneAddress(), await goneAddress()]);
    await expect(nobody.getJson('/x', { schema: answer })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'policy-unavailable',
      retryAfterSeconds: 1,
    });
  });

  it('waits its time in all and no longer, however many replicas are stuck', async () => {
    const stuck = [await serve(() => undefined), await serve(() => undefined), await serve(() => undefined)];
    const startedMs = performance.now();
    const asked = client(
      stuck.map(({ url }) => url),
      200,
    ).getJson('/x', { schema: answer });
    await expect(asked).rejects.toMatchObject({ kind: 'unavailable' });
    expect(performance.now() - startedMs).toBeLessThan(400);
  });

  it('waits no longer for an answer that begins and never ends', async () => {
    const half = await serve((response) => response.write('{"ok":'));
    await expect(client([half.url], 200).getJson('/x', { schema: answer })).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });
});

describe('a refusal of the other service', () => {
  const refusing = (status: number, body: unknown) =>
    serve((response) => {
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
    });

  it.each([
    [429, '17', 17],
    [503, '5', 5],
    [503, 'Fri, 31 Dec 1999 23:59:59 GMT', 1],
    [429, undefined, 1],
  ])('passes on after %i when to come again: %s', async (status, header, seconds) => {
    const { url } = await serve((response) => {
      response.writeHead(status, header === undefined ? {} : { 'retry-after': header }).end('{}');
    });
    const called = client([url]).getJson('/internal/x', { schema: answer });
    await expect(called).rejects.toMatchObject({ retryAfterSeconds: seconds });
  });

  it.each([
    [400, 'malformed'],
    [401, 'unauthenticated'],
    [403, 'denied'],
    [404, 'not-found'],
    [405, 'malformed'],
    [409, 'conflict'],
    [413, 'too-large'],
    [415, 'malformed'],
    [429, 'rate-limited'],
    [500, 'bug'],
    [502, 'unavailable'],
    [503, 'unavailable'],
  ])('%i becomes %s with its code and message', async (status, kind) => {
    const { url } = await refusing(status, { detail: 'because', code: 'some-reason', title: 'x' });
    await expect(client([url]).getJson('/x', { schema: answer })).rejects.toMatchObject({
      kind,
      code: 'some-reason',
      message: 'because',
    });
  });

  it('without problem details still has its kind', async () => {
    const { url } = await serve((response) =>
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>no</h1>'),
    );
    await expect(client([url]).getJson('/x', { schema: answer })).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('is not asked of the next replica', async () => {
    const [one, two] = [await refusing(404, { detail: 'no' }), await serve(fine)];
    await expect(client([one.url, two.url]).getJson('/x', { schema: answer })).rejects.toMatchObject({
      kind: 'not-found',
    });
    expect(two.asked).toHaveLength(0);
  });

  it('a redirect is not followed', async () => {
    const other = await serve(fine);
    const { url } = await serve((response) => response.writeHead(302, { location: other.url }).end());
    await expect(client([url]).getJson('/x', { schema: answer })).rejects.toMatchObject({ kind: expect.any(String) });
    expect(other.asked).toHaveLength(0);
  });

  it('an answer of another shape is a bug, and so is one that is no JSON', async () => {
    const other = await serve((response) => response.end('{"ok":"yes"}'));
    await expect(client([other.url]).getJson('/x', { schema: answer })).rejects.toMatchObject({ kind: 'bug' });
    const text = await serve((response) => response.end('<html>'));
    await expect(client([text.url]).getJson('/x', { schema: answer })).rejects.toMatchObject({ kind: 'bug' });
  });
});
