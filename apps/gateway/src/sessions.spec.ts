import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { close, listen, startGateway, urlOf } from './gateway.suite.js';

interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

const publicUrl = 'http://localhost:5000';
const session = '__Host-berth=a-good-session';
const json = { 'content-type': 'application/json' };

describe('sessions at the gateway', () => {
  let service: Server;
  let app: NestFastifyApplication;
  let origin: string;
  let seen: Seen[] = [];

  beforeAll(async () => {
    service = await listen((request, response) => {
      const { url = '', headers } = request;
      seen.push({ url, headers });
      const isGood = ['Session a-good-session', 'Basic YTpi'].includes(headers.authorization ?? '');
      const isExchange = url === '/internal/management-tokens';
      response.writeHead(isExchange && !isGood ? 401 : 200, json);
      response.end(JSON.stringify(isGood ? { token: 'management', expiresInSeconds: 60 } : { detail: 'no' }));
    });
    ({ app, origin } = await startGateway([urlOf(service)], { BERTH_PUBLIC_URL: publicUrl }));
  });
  afterAll(async () => {
    await app.close();
    close(service);
  });
  beforeEach(() => {
    seen = [];
  });

  const ask = (method: string, path: string, headers: Record<string, string>) =>
    fetch(`${origin}${path}`, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
  const forwarded = () => seen.filter(({ url }) => url.startsWith('/api/'));

  it('turns the session of a browser into a management token, and hands the cookie to no service', async () => {
    const answered = await ask('GET', '/api/v1/registries', { cookie: `other=1; ${session}` });
    expect(answered.status).toBe(200);
    expect(forwarded()).toHaveLength(1);
    expect(forwarded()[0]?.headers.authorization).toBe('Bearer management');
    expect(forwarded()[0]?.headers.cookie).toBeUndefined();
  });

  it('lets a page of this origin change things by JSON', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answered = await ask(method, '/api/v1/users', { cookie: session, origin: publicUrl, ...json });
      expect(answered.status).toBe(200);
    }
    const charset = { 'content-type': 'application/json; charset=utf-8' };
    expect((await ask('POST', '/api/v1/users', { cookie: session, origin: publicUrl, ...charset })).status).toBe(200);
  });

  it.each<[string, Record<string, string>, string]>([
    ['no origin', json, 'other-origin'],
    ['origin null', { origin: 'null', ...json }, 'other-origin'],
    ['another site', { origin: 'https://evil.example', ...json }, 'other-origin'],
    ['a longer name', { origin: `${publicUrl}.evil.example`, ...json }, 'other-origin'],
    ['another port', { origin: 'http://localhost:5001', ...json }, 'other-origin'],
    ['a form', { origin: publicUrl, 'content-type': 'application/x-www-form-urlencoded' }, 'not-json'],
    ['JSON as text', { origin: publicUrl, 'content-type': 'text/plain' }, 'not-json'],
    ['a type that only begins so', { origin: publicUrl, 'content-type': 'application/jsonx' }, 'not-json'],
  ])('I1 I2 refuses a change with %s before anybody is asked', async (_, headers, code) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answered = await ask(method, '/api/v1/users', { cookie: session, ...headers });
      expect([answered.status, ((await answered.json()) as { code: string }).code]).toEqual([403, code]);
      expect(answered.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(seen).toEqual([]);
  });

  it('I1 refuses a change that another site makes with a password that the browser remembers; a program says no origin', async () => {
    const authorization = 'Basic YTpi';
    const evil = { authorization, origin: 'https://evil.example', ...json };
    expect((await ask('POST', '/api/v1/users', evil)).status).toBe(403);
    expect(seen).toEqual([]);
    expect((await ask('POST', '/api/v1/users', { authorization, ...json })).status).toBe(200);
    expect((await ask('POST', '/api/v1/users', { authorization, origin: publicUrl, ...json })).status).toBe(200);
  });

  it('says no challenge that a browser would ask for a password by when a session has ended', async () => {
    const answered = await ask('GET', '/api/v1/registries', { cookie: '__Host-berth=ended' });
    expect(answered.status).toBe(401);
    expect(answered.headers.get('www-authenticate')).not.toMatch(/^Basic/);
    expect(forwarded()).toEqual([]);
  });

  it('counts no session beside a credential, none twice, and none in an Authorization header', async () => {
    await ask('GET', '/api/v1/registries', { cookie: session, authorization: 'Bearer t' });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer t']);
    expect((await ask('GET', '/api/v1/registries', { cookie: `${session}; ${session}` })).status).toBe(401);
    const written = await ask('GET', '/api/v1/registries', { authorization: 'Session a-good-session' });
    expect(written.status).toBe(401);
    expect(seen).toHaveLength(1);
  });

  it.each(['/v2/', '/oauth2/token', '/.well-known/jwks.json'])('hands no cookie on at %s', async (path) => {
    await ask('GET', path, { cookie: session });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.headers.cookie).toBeUndefined();
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  it('hands cookies on where people log in and out', async () => {
    await ask('GET', '/auth/login', { cookie: session });
    await ask('POST', '/auth/logout', { cookie: session, origin: publicUrl });
    expect(seen.map(({ headers }) => headers.cookie)).toEqual([session, session]);
  });
});
