import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { close, listen, startGateway, urlOf } from './gateway.suite.js';

let service: Server;
let app: NestFastifyApplication;
let seen: string[] = [];

beforeAll(async () => {
  service = await listen((request, response) => {
    seen.push(request.url ?? '');
    response.end('{}');
  });
  ({ app } = await startGateway([urlOf(service)]));
});

beforeEach(() => {
  seen = [];
});

afterAll(async () => {
  await app.close();
  close(service);
});

/** Status of a request whose target is sent exactly as given: no client would send most of these. */
async function statusOf(target: string): Promise<number> {
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n`,
    'latin1',
  );
  return Number((await text(socket)).slice(9, 12));
}

describe('an address', () => {
  it.each([
    '/internal/changes',
    '//internal/changes',
    '/%69nternal/changes',
    '/internal%2Fchanges',
    '/INTERNAL/changes',
    '/v2/../internal/changes',
    '/v2/./../internal/changes',
    '/v2/%2e%2e/internal/changes',
    '/v2/.%2E/internal/changes',
    '/v2/..%2finternal/changes',
    '/v2/%2e%2e%2finternal/changes',
    '/v2/a/..%5c..%5cinternal/changes',
    '/v2\\..\\internal\\changes',
    '/v2/..;/internal/changes',
    '/v2//../internal/changes',
    '/api/v1/../../internal/changes',
    '/oauth2/../internal/management-tokens',
    '/.well-known/../internal/changes',
    'http://elsewhere/internal/changes',
    'http://elsewhere/v2/../internal/changes',
    '/v2/%zz',
    '/v2/%',
    '/v2/%ff%fe/tags/list',
    '/v2/#/../../internal/changes',
    '/health/ready',
    '/metrics',
    '/%2e/metrics',
  ])('%s reaches nothing internal, and is no error of ours', async (target) => {
    const status = await statusOf(target);
    expect(seen.filter((url) => !/^\/(?:v2|oauth2|api\/v1|\.well-known)(?:\/(?!.*\.\.)|$)/.test(url))).toEqual([]);
    expect([200, 400, 404]).toContain(status);
  });

  it.each(['/v2/team%2Fapp/tags/list?n=1&last=a%2Fb', '/api/v1/registries/local/repositories/a%2Fb?x=%26', '/v2/'])(
    '%s arrives as it was sent',
    async (target) => {
      expect(await statusOf(target)).toBe(200);
      expect(seen).toEqual([target]);
    },
  );
});

describe('a connection', () => {
  it('is closed behind the answer when the client asks for it', async () => {
    const begunAt = performance.now();
    expect(await statusOf('/v2/')).toBe(200);
    expect(performance.now() - begunAt).toBeLessThan(4_000);
  });
});
