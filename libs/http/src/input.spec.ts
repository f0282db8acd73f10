import { connect, type AddressInfo } from 'node:net';
import { Body, Controller, Delete, Param, Post, Put, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OpenToAll, Route } from './declarations.js';
import { SpecService } from './service.suite.js';

const body = z.strictObject({ name: z.string().min(3), actions: z.array(z.string()).max(2).optional() });
const query = z.strictObject({ limit: z.coerce.number().int().max(10).optional() });

@Controller()
class Things {
  @Put('things/:name')
  @OpenToAll('a spec')
  @Route({ statuses: [201], output: z.strictObject({ name: z.string() }) })
  put(
    @Param('name', { schema: z.string().max(20) }) name: string,
    @Body({ schema: body }) given: z.infer<typeof body>,
    @Query({ schema: query }) { limit }: z.infer<typeof query>,
  ) {
    if (limit !== undefined) return { name: `${name} ${limit}` };
    return given.name === 'leaky' ? { name, secret: 'hunter2' } : { name };
  }

  @Delete('things/:name')
  @OpenToAll('a spec')
  @Route({ statuses: [204] })
  remove(): void {}

  @Post('form')
  @OpenToAll('a spec')
  @Route({ statuses: [200] })
  form() {
    return {};
  }
}

let app: NestFastifyApplication;
let port: number;

beforeAll(async () => {
  app = await new SpecService().start([Things]);
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
});

afterAll(() => app.close());

describe('input', () => {
  const put = (
    payload: unknown,
    url = '/things/a',
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) =>
    app.inject({
      method: 'PUT',
      url,
      headers,
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });

  it('may be absent although its type is named, as scripts do on DELETE', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await app.inject({ method: 'DELETE', url: '/things/a', headers })).statusCode).toBe(204);
  });

  it('is taken when it fits, and answered with the declared status', async () => {
    const answer = await put({ name: 'abc' });
    expect([answer.statusCode, answer.json()]).toEqual([201, { name: 'a' }]);
    expect((await put({ name: 'abc' }, '/things/a?limit=7')).json()).toEqual({ name: 'a 7' });
  });

  it('lists each problem with its place', async () => {
    const answer = await put({ name: 'ab', actions: ['x', 7], more: 1 });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ status: 400, code: 'malformed-request' });
    const { errors } = answer.json<{ errors: { path: string; message: string }[] }>();
    expect(errors.map(({ path }) => path).sort()).toEqual(['', 'actions.1', 'name']);
    expect(answer.json<{ detail: string }>().detail).toContain('name: ');
  });

  it('is bounded in what it lists', async () => {
    const answer = await put({
      name: 'abc',
      ...Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, n])),
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.body.length).toBeLessThan(20_000);
  });

  it.each([
    ['no JSON', '{"name":'],
    ['an empty body', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['a prototype', '{"name":"abc","__proto__":{"admin":true}}'],
    ['a constructor', '{"name":"abc","constructor":{"prototype":{"admin":true}}}'],
  ])('refuses %s with 400', async (_, text) => {
    const answer = await put(text);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toMatch(/problem\+json/);
    expect(answer.body).not.toMatch(/Unexpected|SyntaxError|position/);
  });

  it('refuses a repeated query parameter, an unknown one, and a path parameter that does not fit', async () => {
    for (const url of [
      '/things/a?limit=1&limit=2',
      '/things/a?x=1',
      '/things/a?limit=11',
      `/things/${'a'.repeat(21)}`,
    ]) {
      expect((await put({ name: 'abc' }, url)).statusCode, url).toBe(400);
    }
  });

  it('takes JSON only', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await put('{"name":"abc"}', '/things/a', { 'content-type': type });
      expect(answer.statusCode, type).toBe(415);
      expect(answer.json()).toMatchObject({ code: 'unsupported-media-type', status: 415 });
    }
  });

  it('refuses a body of more than 1 MiB', async () => {
    const answer = await put({ name: 'a'.repeat(1024 * 1024) });
    expect(answer.statusCode).toBe(413);
  });

  it('answers no more than the route declares', async () => {
    const answer = await put({ name: 'leaky' });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
  });
});

describe('addresses', () => {
  it('that lead nowhere are 404 in the form of their face, without repeating what was asked', async () => {
    for (const url of ['/', '/api/v1/nothing/secret-of-the-house', '/api/v1/%2e%2e/secret-of-the-house']) {
      const answer = await app.inject(url);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({ status: 404, title: 'Not Found' });
      expect(answer.body).not.toContain('secret-of-the-house');
    }
    expect((await app.inject({ method: 'PATCH', url: '/things/a' })).statusCode).toBe(404);
  });

  it('that cannot be decoded are 400', async () => {
    for (const url of ['/api/v1/%zz', '/v2/%', '/things/%E0%A4%A']) {
      const answer = await app.inject(url);
      expect(answer.statusCode, url).toBe(400);
      expect(answer.headers['x-request-id']).toBeTruthy();
    }
    expect((await app.inject('/v2/%')).json()).toMatchObject({ errors: [{}] });
  });

  it('that are too long are refused, not failed', async () => {
    const answer = await app.inject({ method: 'PUT', url: `/things/${'a'.repeat(5_000)}`, payload: { name: 'abc' } });
    expect([400, 404, 414]).toContain(answer.statusCode);
  });

  it('A27 with a header of more than 16 KiB are 431', async () => {
    const status = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(`GET /v2/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${'.'.repeat(1_000_000)}\r\n\r\n`),
      );
      socket.on('data', (data) => resolve(data.toString('latin1').split('\r\n')[0] ?? ''));
      socket.on('error', reject);
    }).catch((e: unknown) => String(e));
    expect(status).toMatch(/431|ECONNRESET|EPIPE/);
  });
});

describe('request ids', () => {
  it('are ours, on every answer, and never repeated', async () => {
    const ids = new Set<unknown>();
    for (const url of ['/form', '/nothing', '/v2/x', '/things/a']) {
      const answer = await app.inject({
        method: 'POST',
        url,
        headers: { 'x-request-id': 'theirs', 'request-id': 'theirs' },
      });
      expect(answer.headers['x-request-id']).toMatch(/^[\w-]{8,64}$/);
      ids.add(answer.headers['x-request-id']);
    }
    expect(ids.size).toBe(4);
    expect(ids.has('theirs')).toBe(false);
  });
});
