import { request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Controller, Get, Put, Req } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { clientAddress } from './client-address.js';
import { OpenToAll, Route } from './declarations.js';
import { NestLog } from './nest-log.js';
import { SpecService } from './service.suite.js';

@Controller()
class Streams {
  @Put('v2/upload')
  @OpenToAll('a spec')
  @Route({ statuses: [202] })
  async upload(@Req() { raw, body }: FastifyRequest) {
    return { parsed: body ?? null, received: (await text(raw)).length };
  }

  @Get('v2/-/pull')
  @OpenToAll('a spec')
  @Route({ statuses: [200] })
  rewritten() {
    return { through: 'the internal path' };
  }
}

const apps: NestFastifyApplication[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(spec: SpecService, options: Parameters<SpecService['start']>[1] = {}) {
  const app = await spec.start([Streams], options);
  apps.push(app);
  return app;
}

describe('health', () => {
  it('is live as long as it answers, and ready with every part of it', async () => {
    const spec = new SpecService();
    const app = await start(spec);
    expect((await app.inject('/health/live')).json()).toEqual({ status: 'live' });
    expect((await app.inject('/health/ready')).statusCode).toBe(200);
    spec.checks = [
      { name: 'postgres', isReady: true },
      { name: 'definitions', isReady: false, detail: 'not read yet' },
    ];
    const answer = await app.inject('/health/ready');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ status: 'not-ready', checks: spec.checks });
    expect((await app.inject('/health/live')).statusCode).toBe(200);
  });

  it('shows metrics in the format of Prometheus, with what was answered', async () => {
    const app = await start(new SpecService());
    await app.inject('/v2/-/pull');
    await app.inject('/v2/-/pull');
    await app.inject('/nothing/secret-of-the-house');
    const answer = await app.inject('/metrics');
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(answer.body).toMatch(/berth_http_answers_total{method="GET",route="\/v2\/-\/pull",status="200",[^}]*} 2/);
    expect(answer.body).not.toContain('secret-of-the-house');
  });
});

describe('what is for other services only', () => {
  const spec = new SpecService();
  const headers = { 'berth-internal': spec.internalKeys[0] };

  it.each([
    { where: 'a service', isOrigin: false, addresses: ['/internal/openapi'] },
    { where: 'the origin', isOrigin: true, addresses: ['/health/live', '/health/ready', '/metrics'] },
  ])('is not there for outsiders on $where', async ({ isOrigin, addresses }) => {
    const app = await start(spec, { surface: { isOrigin } });
    const nowhere = (await app.inject('/nowhere')).json<{ code: string }>();
    for (const url of addresses) {
      const refused = await app.inject(url);
      expect([url, refused.statusCode, refused.json<{ code: string }>().code]).toEqual([url, 404, nowhere.code]);
      expect((await app.inject({ url, headers })).statusCode).toBe(200);
    }
  });
});

describe('bodies that stream', () => {
  it('reach the handler unread, of any type and of none, past every limit of JSON', async () => {
    const app = await start(new SpecService(), { bodies: 'stream' });
    const payload = Buffer.alloc(3 * 1024 * 1024, 1);
    for (const headers of [
      { 'content-type': 'application/octet-stream' },
      { 'content-type': 'application/json' },
      { 'content-type': 'a/b; c' },
      {},
    ]) {
      const answer = await app.inject({ method: 'PUT', url: '/v2/upload', headers, payload });
      expect([answer.statusCode, answer.json()]).toEqual([202, { parsed: null, received: payload.length }]);
    }
  });

  it('come in pieces before all of it is there', async () => {
    const app = await start(new SpecService(), { bodies: 'stream' });
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const answered = new Promise<string>((resolve, reject) => {
      const upload = request({ port, method: 'PUT', path: '/v2/upload' }, (answer) => resolve(text(answer)));
      upload.on('error', reject);
      upload.write('a'.repeat(10));
      upload.end('b'.repeat(5));
    });
    expect(JSON.parse(await answered)).toEqual({ parsed: null, received: 15 });
  });
});

describe('addresses', () => {
  it('can be rewritten before routing, and errors keep the form of the address that was asked', async () => {
    const rewriteUrl = ({ url }: { url?: string | undefined }) =>
      url === '/v2/team/app/manifests/1' ? '/v2/-/pull' : '/x';
    const app = await start(new SpecService(), { bodies: 'stream', rewriteUrl });
    expect((await app.inject('/v2/team/app/manifests/1')).json()).toEqual({ through: 'the internal path' });
    const refused = await app.inject('/v2/other');
    expect(refused.statusCode).toBe(404);
    expect(refused.json()).toMatchObject({ errors: [{ code: 'NAME_UNKNOWN' }] });
  });
});

describe('where a request came from', () => {
  const spec = new SpecService();
  const { trusted } = spec.surface;
  const key = spec.internalKeys[1] ?? '';

  const addressOf = (remoteAddress: string | undefined, headers: Record<string, string>) =>
    clientAddress({ raw: { socket: { remoteAddress } }, headers } as unknown as FastifyRequest, trusted);

  it('is the peer, whatever it says', () => {
    expect(addressOf('192.0.2.1', {})).toBe('192.0.2.1');
    expect(addressOf('::ffff:192.0.2.1', {})).toBe('192.0.2.1');
    expect(addressOf('2001:db8::1', {})).toBe('2001:db8::1');
    expect(addressOf('192.0.2.1', { 'x-forwarded-for': '198.51.100.9' })).toBe('192.0.2.1');
    expect(addressOf('192.0.2.1', { 'x-forwarded-for': '198.51.100.9', 'berth-internal': 'wrong' })).toBe('192.0.2.1');
    expect(addressOf(undefined, { 'x-forwarded-for': '198.51.100.9' })).toBeUndefined();
  });

  it('is what the gateway says, which knows the internal key', () => {
    const headers = { 'x-forwarded-for': '198.51.100.9', 'berth-internal': key };
    expect(addressOf('127.0.0.1', headers)).toBe('198.51.100.9');
    expect(addressOf('127.0.0.1', { ...headers, 'x-forwarded-for': '2001:db8::2' })).toBe('2001:db8::2');
  });

  it('B22 is the last address that a trusted proxy adds, not one that its client made up', () => {
    for (const peer of ['10.1.2.3', '::ffff:10.1.2.3']) {
      expect(addressOf(peer, { 'x-forwarded-for': '203.0.113.1, 198.51.100.9' })).toBe('198.51.100.9');
    }
    expect(addressOf('11.0.0.1', { 'x-forwarded-for': '198.51.100.9' })).toBe('11.0.0.1');
  });

  it.each(['', 'unknown', '198.51.100.9:80', '<script>', ','])('is the peer when a proxy says %j', (forwarded) => {
    expect(addressOf('10.1.2.3', { 'x-forwarded-for': forwarded })).toBe('10.1.2.3');
  });
});

describe('time', () => {
  it('a service has limits for headers and idle connections', async () => {
    const json = (await start(new SpecService())).getHttpServer();
    const stream = (await start(new SpecService(), { bodies: 'stream' })).getHttpServer();
    expect(json).toMatchObject({ headersTimeout: 20_000, requestTimeout: 30_000, keepAliveTimeout: 75_000 });
    expect(stream).toMatchObject({ headersTimeout: 20_000, requestTimeout: 0, keepAliveTimeout: 75_000 });
  });

  it('a stop does not wait for connections on which nothing is asked', async () => {
    const app = await spec1();
    const { port } = app.getHttpServer().address() as AddressInfo;
    const unused = connect(port, '127.0.0.1');
    await new Promise((resolve) => unused.once('connect', resolve));
    const idle = connect(port, '127.0.0.1', () => idle.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n'));
    await new Promise((resolve) => idle.once('data', resolve));
    const closed = Promise.all([unused, idle].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    await app.close();
    await closed;
  });
});

async function spec1(): Promise<NestFastifyApplication> {
  const app = await new SpecService().start([Streams]);
  await app.listen(0, '127.0.0.1');
  return app;
}

describe('what Nest has to say', () => {
  it('is in the log of the service, and only when something is wrong', async () => {
    const spec = new SpecService();
    const app = await start(spec);
    expect(spec.lines).toEqual([]);
    const log = new NestLog(spec.surface.logger);
    log.log();
    log.warn('careful', 'Router');
    log.error(new Error('lost'), 'stack', 'NestApplication');
    log.fatal('gone');
    expect(spec.lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 'warn', msg: 'careful', context: 'Router' },
      { level: 'error', msg: 'lost', context: 'NestApplication', err: { message: 'lost' } },
      { level: 'error', msg: 'gone' },
    ]);
    await app.close();
    apps.length = 0;
  });
});
