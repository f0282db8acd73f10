import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, type ErrorKind } from '@berth/errors';
import { ociCodes, ociError } from '@berth/oci';
import { All, Controller, Get, HttpException, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpenToAll, Route } from './declarations.js';
import { SpecService } from './service.suite.js';

let thrown: unknown;
@Controller()
class Failing {
  @All(['v2/*', 'oauth2/*', 'api/v1/fails', 'internal/fails'])
  @OpenToAll('a spec')
  @Route({ statuses: [200] })
  fails() {
    throw thrown;
  }

  @Get('half')
  @OpenToAll('a spec')
  @Route({ statuses: [200] })
  half(@Res() reply: FastifyReply) {
    reply.raw.writeHead(200);
    reply.raw.write('half');
    throw new Error('in the middle');
  }

  @Get('cached')
  @OpenToAll('a spec')
  @Route({ statuses: [200] })
  cached(@Res({ passthrough: true }) reply: FastifyReply) {
    void reply.headers({
      etag: '"x"',
      'cache-control': 'max-age=31536000',
      'content-length': 3,
      'content-encoding': 'br',
    });
    throw new AppError({ kind: 'not-found', message: 'gone' });
  }
}

const spec = new SpecService();
let app: NestFastifyApplication;
let port: number;

beforeAll(async () => {
  app = await spec.start([Failing]);
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
});

afterAll(() => app.close());

beforeEach(() => {
  spec.lines.length = 0;
});

async function answerTo(error: unknown, url = '/api/v1/fails') {
  thrown = error;
  return app.inject(url);
}

const statuses: [ErrorKind, number][] = [
  ['malformed', 400],
  ['unauthenticated', 401],
  ['denied', 403],
  ['not-found', 404],
  ['conflict', 409],
  ['too-large', 413],
  ['rate-limited', 429],
  ['unavailable', 503],
  ['bug', 500],
];

describe('every kind has its status on every face', () => {
  it.each(statuses)('%s is %i', async (kind, status) => {
    for (const url of ['/api/v1/fails', '/internal/fails', '/v2/x', '/oauth2/token']) {
      expect((await answerTo(new AppError({ kind, message: 'why' }), url)).statusCode).toBe(status);
    }
  });

  it.each(Object.values(ociCodes).map(({ code }) => [code]))('the code %s stays itself at /v2', async (code) => {
    const answer = await answerTo(ociError({ code, detail: { name: 'team/app' } }), '/v2/team/app/manifests/x');
    expect(answer.json()).toMatchObject({
      errors: [{ code, message: ociCodes[code].defaultMessage, detail: { name: 'team/app' } }],
    });
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
  });

  it('the exceptions: no such method, a range that does not fit, too many tags, a Host that no registry has', async () => {
    expect((await answerTo(ociError({ code: 'UNSUPPORTED' }), '/v2/x')).statusCode).toBe(405);
    expect((await answerTo(ociError({ code: 'BLOB_UPLOAD_INVALID', kind: 'conflict' }), '/v2/x')).statusCode).toBe(416);
    expect((await answerTo(ociError({ code: 'NAME_INVALID', kind: 'too-large' }), '/v2/x')).statusCode).toBe(414);
    expect(
      (await answerTo(new AppError({ kind: 'not-found', code: 'misdirected', message: 'x' }), '/v2/x')).statusCode,
    ).toBe(421);
    expect((await answerTo(ociError({ code: 'DENIED', kind: 'unauthenticated' }), '/v2/x')).statusCode).toBe(401);
  });

  it('RFC 9457 problem details on the management API', async () => {
    const answer = await answerTo(
      new AppError({
        kind: 'conflict',
        code: 'scope-map-in-use',
        message: '3 tokens use it',
        detail: { tokens: 3, status: 1, code: 'x' },
      }),
    );
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: '3 tokens use it',
      code: 'scope-map-in-use',
      tokens: 3,
      requestId: answer.headers['x-request-id'],
    });
  });

  it('RFC 6749 and Docker errors in one at the token endpoint', async () => {
    const answer = await answerTo(
      new AppError({ kind: 'malformed', code: 'invalid_scope', message: 'no such scope' }),
      '/oauth2/token?scope=x',
    );
    expect(answer.json()).toMatchObject({
      error: 'invalid_scope',
      error_description: 'no such scope',
      errors: [{ message: 'no such scope' }],
    });
    const refused = await answerTo(new AppError({ kind: 'unauthenticated', message: 'no' }), '/oauth2/token');
    expect(refused.json()).toMatchObject({ error: 'invalid_client', errors: [{ code: 'UNAUTHORIZED' }] });
  });

  it('a path that only begins alike has problem details', async () => {
    const answer = await app.inject('/v2x/y');
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('says when to come back', async () => {
    expect((await answerTo(new AppError({ kind: 'unavailable', message: 'x' }))).headers['retry-after']).toBe('1');
    expect(
      (await answerTo(new AppError({ kind: 'rate-limited', message: 'x', retryAfterSeconds: 7 }))).headers[
        'retry-after'
      ],
    ).toBe('7');
  });
});

describe('an error that nobody expected', () => {
  it.each([
    new Error('secret-of-the-house'),
    new TypeError('secret-of-the-house'),
    'secret-of-the-house',
    null,
    undefined,
    { statusCode: 404, message: 'secret-of-the-house' },
    new HttpException('secret-of-the-house', 503),
    Object.assign(new Error('secret-of-the-house'), { statusCode: 404, code: 'ENOENT' }),
    Object.assign(new Error('secret-of-the-house'), { statusCode: 400, status: 400 }),
    Object.assign(new Error('duplicate key secret-of-the-house'), { code: '23505' }),
    new AppError({
      kind: 'bug',
      message: 'secret-of-the-house',
      code: 'secret-of-the-house',
      detail: { a: 'secret-of-the-house' },
    }),
  ])('%s is a 500 with a request id and nothing else, and in the log with its cause', async (error) => {
    for (const url of ['/api/v1/fails', '/v2/x', '/oauth2/token']) {
      const answer = await answerTo(error, url);
      expect(answer.statusCode).toBe(500);
      expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(/secret-of-the-house|at .*\.ts|Error:/);
      expect(answer.body).toContain(answer.headers['x-request-id']);
    }
    expect(spec.lines).toHaveLength(3);
    const line = JSON.parse(spec.lines[0] ?? '{}');
    expect(line).toMatchObject({ level: 'error', requestId: expect.any(String) });
  });

  it('the log has the cause that the caller does not see', async () => {
    await answerTo(new Error('outer', { cause: new Error('secret-of-the-house') }));
    expect(spec.lines[0]).toContain('secret-of-the-house');
  });

  it('a caller who is refused fills no log', async () => {
    for (const kind of ['malformed', 'unauthenticated', 'denied', 'not-found', 'conflict'] as const) {
      await answerTo(new AppError({ kind, message: 'x' }));
    }
    expect(spec.lines).toEqual([]);
  });

  it('never passes for a whole answer once a part of it is out', async () => {
    const ended = await new Promise<string>((resolve) => {
      httpRequest({ port, path: '/half' }, (answer) => {
        answer.on('data', () => undefined);
        answer.on('end', () => resolve('end'));
        answer.on('error', () => resolve('broken'));
      })
        .on('error', () => resolve('broken'))
        .end();
    });
    expect(ended).toBe('broken');
  });

  it('takes nothing of what the handler meant to send', async () => {
    const answer = await app.inject('/cached');
    expect(answer.statusCode).toBe(404);
    for (const name of ['etag', 'content-encoding']) expect(answer.headers[name]).toBeUndefined();
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
  });
});
