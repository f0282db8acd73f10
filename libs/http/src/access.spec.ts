import { AppError } from '@berth/errors';
import { Controller, Get, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Metrics } from '@berth/telemetry';
import { AccessGuard } from './access-guard.js';
import { CallerParam, type Caller } from './caller.js';
import { createService } from './create-service.js';
import { ForCaller, ForCallerOfService, ForDataPlane, InternalOnly, OpenToAll, Route } from './declarations.js';
import type { ManagementTokens, RefusedToken } from './service-surface.js';
import { claims, failureOf, signer, SpecService } from './service.suite.js';

@Controller()
class Doors {
  @Get('open')
  @OpenToAll('a spec')
  @Route({ statuses: [200] })
  open() {
    return { through: 'open' };
  }

  @Get('internal/thing')
  @InternalOnly()
  @Route({ statuses: [200] })
  internal() {
    return { through: 'internal' };
  }

  @Get('internal/on-behalf')
  @ForCallerOfService()
  @Route({ statuses: [200] })
  onBehalf(@CallerParam() { name }: Caller) {
    return { through: name };
  }

  @Post('api/v1/me')
  @ForCaller()
  @Route({ statuses: [200] })
  caller(@CallerParam() caller: Caller) {
    return caller;
  }

  @Get('v2/thing')
  @ForDataPlane()
  @Route({ statuses: [200] })
  dataPlane() {
    return { through: 'data plane' };
  }
}

const dataPlaneGate = {
  admit: (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.headers.authorization === 'Bearer good') return Promise.resolve();
    void reply.header('www-authenticate', 'Bearer realm="http://localhost:5000/oauth2/token",service="localhost:5000"');
    const refused = new AppError({ kind: 'unauthenticated', code: 'UNAUTHORIZED', message: 'authentication required' });
    return Promise.reject(refused);
  },
};

const spec = new SpecService();
let app: NestFastifyApplication;

beforeAll(async () => {
  app = await spec.start([Doors], { surface: { dataPlaneGate } });
});

afterAll(() => app.close());

describe('a route that declares nothing', () => {
  it('keeps the service from starting, and is named', async () => {
    @Controller('forgotten')
    class Forgotten {
      @Get('access')
      @Route({ statuses: [200] })
      noAccess() {}

      @Get('statuses')
      @OpenToAll('a spec')
      noStatuses() {}

      @Get('good')
      @OpenToAll('a spec')
      @Route({ statuses: [200] })
      good() {}
    }
    const error = await failureOf(spec.start([Forgotten]));
    expect(error).toMatchObject({ kind: 'bug' });
    expect(error.message).toContain('Forgotten.noAccess, Forgotten.noStatuses');
    expect(error.message).not.toContain('good');
  });

  it('is found in a base class too', async () => {
    class Base {
      @Get('inherited')
      inherited() {}
    }
    @Controller('derived')
    class Derived extends Base {}
    expect((await failureOf(spec.start([Derived]))).message).toContain('Derived.inherited');
  });
});

describe('who gets through', () => {
  it('everybody where it says so', async () => {
    expect((await app.inject('/open')).json()).toEqual({ through: 'open' });
  });

  it('services with one of two internal keys; the address does not exist for others', async () => {
    for (const key of spec.internalKeys) {
      const answer = await app.inject({ url: '/internal/thing', headers: { 'berth-internal': key } });
      expect(answer.statusCode).toBe(200);
    }
    const unknown = await app.inject('/internal/nothing');
    const [key = ''] = spec.internalKeys;
    const wrong = [
      '',
      'wrong',
      `X${key.slice(1)}`,
      `${key.slice(0, -1)}X`,
      key.toUpperCase(),
      spec.internalKeys[0]?.slice(1),
      `${spec.internalKeys[0]}x`,
      spec.internalKeys.join(', '),
    ];
    for (const given of [undefined, ...wrong]) {
      const headers = given === undefined ? {} : { 'berth-internal': given };
      const answer = await app.inject({ url: '/internal/thing', headers });
      expect(answer.statusCode, String(given)).toBe(404);
      expect({ ...answer.json(), requestId: '' }).toEqual({ ...unknown.json(), requestId: '' });
    }
  });

  it('services on behalf of a caller, with both the key and a management token', async () => {
    const authorization = `Bearer ${signer.sign('management', claims)}`;
    const key = { 'berth-internal': spec.internalKeys[0] ?? '' };
    const ask = (headers: Record<string, string>) => app.inject({ url: '/internal/on-behalf', headers });
    expect((await ask({ ...key, authorization })).json()).toEqual({ through: 'admin' });
    expect((await ask({ authorization })).statusCode).toBe(404);
    expect((await ask(key)).statusCode).toBe(401);
  });

  it('callers with a management token, who are then known', async () => {
    const token = signer.sign('management', claims);
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/me',
      remoteAddress: '192.0.2.7',
      headers: {
        authorization: `bearer ${token}`,
        'user-agent': 'curl/8',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      },
    });
    expect(answer.json()).toEqual({
      ref: claims.sub,
      name: 'admin',
      account: claims.acct,
      groups: ['group:ops'],
      operator: true,
      token,
      address: '192.0.2.7',
      userAgent: 'curl/8',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    });
  });

  it('no caller without one, nor with anything else', async () => {
    const token = signer.sign('management', claims);
    const old = signer.sign('management', {
      ...claims,
      iat: claims.iat - 300,
      nbf: claims.nbf - 300,
      exp: claims.exp - 300,
    });
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      `Basic ${token}`,
      `Bearer ${token}x`,
      `Bearer ${old}`,
      token,
      `Bearer ${token} ${token}`,
    ]) {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await app.inject({ method: 'POST', url: '/api/v1/me', headers });
      expect(answer.statusCode, authorization).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm=/);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.body).not.toContain(token);
    }
  });

  it('no caller whose token is below a minimum', async () => {
    spec.refused = claims.sub;
    try {
      const headers = { authorization: `Bearer ${signer.sign('management', claims)}` };
      expect((await app.inject({ method: 'POST', url: '/api/v1/me', headers })).statusCode).toBe(401);
    } finally {
      spec.refused = null;
    }
  });

  it('no caller whose token is refused before that was told', async () => {
    const told: RefusedToken[] = [];
    const { managementTokens } = spec.surface;
    if (managementTokens === undefined) throw new Error('the spec has none');
    const onRefused = async (refused: RefusedToken) => {
      await Promise.resolve();
      told.push(refused);
    };
    const telling = await spec.start([Doors], { surface: { managementTokens: { ...managementTokens, onRefused } } });
    const post = (headers: Record<string, string>) =>
      telling.inject({ method: 'POST', url: '/api/v1/me', remoteAddress: '192.0.2.7', headers });
    try {
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      expect((await post({})).statusCode).toBe(401);
      expect(told).toEqual([]);
      await post({ authorization: 'Bearer not-one', 'user-agent': 'curl/8', traceparent });
      spec.refused = claims.sub;
      const answer = await post({ authorization: `Bearer ${signer.sign('management', claims)}`, 'user-agent': 'x' });
      expect(answer.statusCode).toBe(401);
      const address = '192.0.2.7';
      expect(told).toEqual([
        { reason: 'invalid-token', address, userAgent: 'curl/8', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
        { reason: 'taken-away', address, userAgent: 'x', traceId: undefined },
      ]);
    } finally {
      spec.refused = null;
      await telling.close();
    }
  });

  it('no token is called refused that could not be checked', async () => {
    const onRefused = vi.fn<() => Promise<void>>();
    const managementTokens: ManagementTokens = {
      verify: () => {
        throw new AppError({ kind: 'unavailable', message: 'no keys yet' });
      },
      refusedBy: () => null,
      onRefused,
    };
    const blind = await spec.start([Doors], { surface: { managementTokens } });
    const headers = { authorization: `Bearer ${signer.sign('management', claims)}` };
    expect((await blind.inject({ method: 'POST', url: '/api/v1/me', headers })).statusCode).toBe(503);
    expect(onRefused).not.toHaveBeenCalled();
    await blind.close();
  });

  it('nothing that is no request over HTTP', () => {
    const guard = new AccessGuard(spec.surface);
    const record = new ExecutionContextHost([{}]);
    record.setType('rpc');
    expect(() => guard.canActivate(record)).toThrow(expect.objectContaining({ kind: 'bug' }));
  });

  it('nobody with a management token where the service checks none', async () => {
    const { logger, trusted, readiness } = spec.surface;
    const surface = { logger, trusted, readiness, metrics: new Metrics('spec', 'spec-2') };
    const module = spec.moduleOf([Doors], surface, 'bare');
    const bare = await createService({ module, bodies: 'json' });
    const headers = { authorization: `Bearer ${signer.sign('management', claims)}` };
    expect((await bare.inject({ method: 'POST', url: '/api/v1/me', headers })).statusCode).toBe(401);
    expect((await bare.inject('/v2/thing')).statusCode).toBe(500);
    await bare.close();
  });

  it('clients of the data plane as the gate says, with its challenge', async () => {
    expect((await app.inject({ url: '/v2/thing', headers: { authorization: 'Bearer good' } })).statusCode).toBe(200);
    const answer = await app.inject('/v2/thing');
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/oauth2\/token/);
    expect(answer.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] });
  });
});
