import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { close, listen, startGateway, urlOf } from './gateway.suite.js';
import type { Upstream } from './upstream.js';

interface Seen {
  readonly service: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

let servers: Record<Upstream, Server>;
let seen: Seen[];
let app: NestFastifyApplication;
let origin: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

function serve(service: string): Promise<Server> {
  return listen((request, response) => {
    seen.push({ service, url: request.url ?? '', headers: request.headers });
    if (request.url === '/internal/management-tokens') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ token: 'management', expiresInSeconds: 60 }));
    } else answer(request, response);
  });
}

beforeEach(async () => {
  seen = [];
  answer = (request, response) => {
    request.resume();
    request.on('end', () => response.end('ok'));
  };
  const [identity, policy, registry, audit] = await Promise.all([
    serve('identity'),
    serve('policy'),
    serve('registry'),
    serve('audit'),
  ]);
  servers = { identity, policy, registry, audit };
  await start([]);
});
afterEach(async () => {
  await app.close();
  for (const server of Object.values(servers)) close(server);
});

async function start(trustedProxies: string[]): Promise<void> {
  const { identity, policy, registry, audit } = servers;
  ({ app, origin } = await startGateway([], {
    BERTH_IDENTITY_URL: [urlOf(identity)],
    BERTH_POLICY_URL: [urlOf(policy)],
    BERTH_REGISTRY_URL: ['http://127.0.0.1:1', urlOf(registry)],
    BERTH_AUDIT_URL: [urlOf(audit)],
    BERTH_TRUSTED_PROXIES: trustedProxies,
    BERTH_PUBLIC_URL: 'http://localhost:5000',
  }));
}

describe('the gateway', () => {
  it('hands a pull to the registry with the client`s own Host and credentials, and says from where it came', async () => {
    const answered = await new Promise<IncomingMessage>((resolve) => {
      httpRequest(
        `${origin}/v2/a%2Fb/tags/list?n=1`,
        { headers: { host: 'login.example:5000', authorization: 'Bearer t' } },
        resolve,
      ).end();
    });
    answered.resume();
    expect(seen).toMatchObject([
      {
        service: 'registry',
        url: '/v2/a%2Fb/tags/list?n=1',
        headers: {
          host: 'login.example:5000',
          authorization: 'Bearer t',
          'x-forwarded-for': '127.0.0.1',
          'berth-internal': 'the-internal-key',
        },
      },
    ]);
  });

  it('B22 B23 removes what only this installation may say', async () => {
    await fetch(`${origin}/v2/`, {
      headers: {
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-host': 'evil',
        'x-forwarded-proto': 'javascript',
        forwarded: 'for=6.6.6.6',
        'berth-internal': 'guessed',
        'x-client-cert': 'forged',
        'berth-client-certificate': 'forged',
      },
    });
    const headers = seen[0]?.headers ?? {};
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
    expect(headers['berth-internal']).toBe('the-internal-key');
    const forged = ['x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'x-client-cert', 'berth-client-certificate'];
    for (const name of forged) expect(headers[name]).toBeUndefined();
  });

  it('hands on the certificate of a client as a trusted proxy says it', async () => {
    await app.close();
    await start(['127.0.0.1']);
    await fetch(`${origin}/oauth2/token`, {
      headers: { 'berth-client-certificate': 'PEM', 'x-client-cert': 'forged' },
    });
    expect(seen[0]?.headers).toMatchObject({ 'berth-client-certificate': 'PEM', 'berth-internal': 'the-internal-key' });
    expect(seen[0]?.headers).not.toHaveProperty('x-client-cert');
  });

  it('A30 asks identity again once a service refuses what it remembers', async () => {
    const authorization = `Basic ${Buffer.from('ada:secret').toString('base64')}`;
    answer = (_, response) => response.writeHead(401).end();
    expect((await fetch(`${origin}/api/v1/users`, { headers: { authorization } })).status).toBe(401);
    answer = (_, response) => response.end('ok');
    expect((await fetch(`${origin}/api/v1/users`, { headers: { authorization } })).status).toBe(200);
    expect(seen.filter(({ url }) => url === '/internal/management-tokens')).toHaveLength(2);
  });

  it('puts a management token in place of a password, and asks identity for it once', async () => {
    const authorization = `Basic ${Buffer.from('admin:secret').toString('base64')}`;
    await fetch(`${origin}/api/v1/registries`, { headers: { authorization } });
    await fetch(`${origin}/api/v1/audit/entries`, { headers: { authorization } });
    expect(seen.map(({ service, url }) => `${service} ${url}`)).toEqual([
      'identity /internal/management-tokens',
      'policy /api/v1/registries',
      'audit /api/v1/audit/entries',
    ]);
    expect(seen[1]?.headers.authorization).toBe('Bearer management');
  });

  it('asks for credentials on a management route without any, in the form of problem details', async () => {
    const answered = await fetch(`${origin}/api/v1/registries`);
    expect(answered.status).toBe(401);
    expect(answered.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect(answered.headers.get('content-type')).toBe('application/problem+json');
    expect(seen).toEqual([]);
  });

  it.each(['/internal/changes', '/health/ready', '/metrics', '/'])('C12 D20 has nothing at %s', async (path) => {
    const answered = await fetch(`${origin}${path}`);
    expect(answered.status).toBe(404);
    expect(seen).toEqual([]);
  });

  it('answers its own health to who knows the internal key', async () => {
    const answered = await fetch(`${origin}/health/ready`, { headers: { 'berth-internal': 'the-internal-key' } });
    expect(answered.status).toBe(200);
  });

  it('streams a body through without holding it: the service has its beginning while the client still sends', async () => {
    const idle = answer;
    const { promise: rest, resolve: sendRest } = Promise.withResolvers<void>();
    const firstArrived = new Promise<void>((resolve) => {
      answer = (request, response) => {
        if (request.method === 'GET') return idle(request, response);
        request.once('data', () => resolve());
        request.resume().on('end', () => response.end('ok'));
      };
    });
    const body = Readable.from(
      (async function* () {
        yield Buffer.alloc(70_000);
        await rest;
        yield Buffer.alloc(70_000);
      })(),
    );
    // The first pull finds out that one of the two replicas is away; an upload then does not meet it.
    await fetch(`${origin}/v2/`);
    await fetch(`${origin}/v2/`);
    const sent = fetch(`${origin}/v2/a/blobs/uploads/x`, { method: 'PATCH', body, duplex: 'half' } as RequestInit);
    await firstArrived;
    sendRest();
    expect((await sent).status).toBe(200);
  });

  it('asks the next replica when one can`t be reached', async () => {
    const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(`${origin}/v2/`)).status));
    expect(statuses).toEqual([200, 200, 200, 200]);
  });

  it.each([
    ['/v2/', 'registry', /"errors"/],
    ['/oauth2/token', 'identity', /"error_description"/],
  ] as const)('answers 503 with Retry-After in the form of %s when %s is away', async (path, service, form) => {
    servers[service].closeAllConnections();
    await new Promise((resolve) => servers[service].close(resolve));
    const answered = await fetch(`${origin}${path}`);
    expect(answered.status).toBe(503);
    expect(answered.headers.get('retry-after')).not.toBeNull();
    expect(await answered.text()).toMatch(form);
  });

  it('C1 refuses an address with dot segments, encoded or not', async () => {
    const answered = await new Promise<IncomingMessage>((resolve) => {
      httpRequest(
        { ...new URL(origin), host: '127.0.0.1', port: new URL(origin).port, path: '/v2/%2e%2e/internal/changes' },
        resolve,
      ).end();
    });
    answered.resume();
    expect(answered.statusCode).toBe(400);
    expect(seen).toEqual([]);
  });
});
