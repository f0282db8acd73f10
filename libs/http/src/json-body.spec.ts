import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { maxJsonBytes, readJsonOf } from './json-body.js';

let server: FastifyInstance;

beforeEach(() => {
  server = fastify({ bodyLimit: Number.MAX_SAFE_INTEGER });
  readJsonOf(server, (url) => url.startsWith('/api/'));
  for (const path of ['/api/things', '/v2/things']) {
    server.post(path, async ({ body }) => ({ body: body ?? null }));
  }
});

afterEach(() => server.close());

const post = (url: string, payload: string | Readable, type = 'application/json') =>
  server.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });

describe('bodies of a service that streams', () => {
  it('are read of the management API alone, where they are JSON', async () => {
    const json = '{"a":1}';
    expect((await post('/api/things', json)).json()).toEqual({ body: { a: 1 } });
    expect((await post('/api/things', json, 'application/json; charset=utf-8')).json()).toEqual({ body: { a: 1 } });
    expect((await post('/api/things', '')).json()).toEqual({ body: null });
    expect((await post('/v2/things', json)).json()).toEqual({ body: null });
    expect((await post('/api/things', json, 'text/plain')).json()).toEqual({ body: null });
  });

  it.each(['{', '{"__proto__":{}}', '{"constructor":{"prototype":{}}}'])('refuse %s', async (text) => {
    expect((await post('/api/things', text)).statusCode).toBe(400);
  });

  it('are not collected without end, whatever they say of their length', async () => {
    const chunks = Array.from({ length: 9 }, () => Buffer.alloc(maxJsonBytes / 8, 32));
    const { code } = (await post('/api/things', Readable.from(chunks))).json<{ code: string }>();
    expect(code).toBe('too-large');
  });

  it('are not waited for without end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await server.listen({ port: 0, host: '127.0.0.1' });
      const { port } = server.server.address() as AddressInfo;
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      const headers = { 'content-type': 'application/json', 'content-length': 100 };
      const slow = request({ port, method: 'POST', path: '/api/things', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
        slow.destroy();
      });
      slow.on('error', () => undefined);
      slow.write('{');
      await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
      vi.advanceTimersByTime(30_000);
      expect(await promise).toBe(500);
    } finally {
      vi.useRealTimers();
    }
  });
});
