import { randomBytes, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { AccessClaims } from '@berth/contracts';
import { digestOf } from '@berth/oci';
import { waitFor } from '@berth/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from '../registry.suite.js';
import { codeOf, pushTo } from '../sample-content.suite.js';
import { SlowRequest, untilStored } from './slow-request.suite.js';

const name = 'team/app';
let place: TestPlace;
let registry: TestRegistry;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place, { settings: { BERTH_MAX_OPEN_UPLOADS: 30 } });
});

afterAll(async () => {
  await registry.stop();
  await place.remove();
});

const uploads = `/v2/${name}/blobs/uploads/`;

async function startWith(token: string): Promise<string> {
  const answer = await registry.ask('POST', uploads, { token });
  expect(answer.status).toBe(202);
  return answer.headers.get('location') ?? '';
}

/** A token that was issued so long ago. */
function tokenOf(agoSeconds: number, changes: Partial<AccessClaims> = {}): string {
  const iat = Math.floor(Date.now() / 1000) - agoSeconds;
  return place.identity.token(pushTo(name).access, { iat, nbf: iat, exp: iat + 300, ...changes });
}

const statusOf = async (method: string, path: string, token: string, body?: Buffer): Promise<number> =>
  (await registry.ask(method, path, { token, ...(body && { body }) })).status;

describe('a long push', () => {
  it('goes on with the token that started it, expired or not, until an hour after its issue', async () => {
    const jti = randomUUID();
    const location = await startWith(tokenOf(0, { jti }));
    const [expired, tooOld] = [tokenOf(3_580, { jti }), tokenOf(3_601, { jti })];
    const bytes = randomBytes(1_000);
    expect(await statusOf('PATCH', location, expired, bytes)).toBe(202);
    expect(await statusOf('GET', location, expired)).toBe(204);
    expect(await statusOf('GET', location, tooOld)).toBe(401);
    expect(await statusOf('PUT', `${location}?digest=${digestOf(bytes)}`, expired)).toBe(201);
    const other = await startWith(tokenOf(0, { jti }));
    expect(await statusOf('DELETE', other, expired)).toBe(204);
  });

  it('is all that an expired token can do: not start one, pull, or push a manifest', async () => {
    const expired = tokenOf(3_000);
    const digest = digestOf(Buffer.alloc(0));
    for (const [method, path] of [
      ['POST', uploads],
      ['GET', `/v2/${name}/blobs/${digest}`],
      ['PUT', `/v2/${name}/manifests/v1`],
      ['GET', '/v2/'],
    ] as const) {
      expect([path, await statusOf(method, path, expired)]).toEqual([path, 401]);
    }
  });

  it('is not continued by another expired token of the same principal, which is challenged', async () => {
    const location = await startWith(tokenOf(0));
    for (const path of [location, `${uploads}${randomUUID()}`]) {
      const answer = await registry.ask('PATCH', path, { token: tokenOf(3_000), body: 'x' });
      expect([answer.status, await codeOf(answer)]).toEqual([401, 'UNAUTHORIZED']);
      expect(answer.headers.get('www-authenticate')).toMatch(/error="invalid_token"$/);
      expect(registry.spooled().at(-1)).toMatchObject({ event: 'refused', reason: 'invalid-token' });
    }
  });

  it('goes on with a new token, which is then the one that may expire', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const location = await startWith(tokenOf(0, { jti: first }));
    expect(await statusOf('PATCH', location, tokenOf(0, { jti: second }), Buffer.from('x'))).toBe(202);
    expect(await statusOf('PATCH', location, tokenOf(3_000, { jti: second }), Buffer.from('y'))).toBe(202);
    expect(await statusOf('PATCH', location, tokenOf(3_000, { jti: first }), Buffer.from('z'))).toBe(401);
  });

  it('does not go on when something was taken away since, expired or not', async () => {
    const jti = randomUUID();
    const ver = { 'scope-map:long': 1 };
    const location = await startWith(tokenOf(0, { jti, ver }));
    await registry.raiseMinimum('scope-map:long', 2);
    expect(await statusOf('PATCH', location, tokenOf(3_000, { jti, ver }), Buffer.from('x'))).toBe(401);
    expect(await statusOf('PATCH', location, tokenOf(0, { jti, ver }), Buffer.from('x'))).toBe(401);
  });
});

async function writtenKey(): Promise<string | null> {
  const [row] = await registry.db.query<{ key: string }>('select key from upload where writer is not null');
  return row?.key ?? null;
}

const sizeOf = (key: string): number =>
  statSync(join(place.dataDir, 'blobs', key.slice(-2), key), { throwIfNoEntry: false })?.size ?? 0;

describe('a body that arrives slowly', () => {
  const whole = Buffer.from('never all of it');
  const methods = [
    ['PATCH', ''],
    ['PUT', `?digest=${digestOf(whole)}`],
    ['POST', `?digest=${digestOf(whole)}`],
  ] as const;

  beforeEach(async () => {
    await registry.db.query('delete from upload');
  });

  const begin = async (method: string, query: string, subject: string): Promise<SlowRequest> => {
    const token = tokenOf(0, { ver: { [subject]: 1 } });
    const path = method === 'POST' ? uploads : await startWith(tokenOf(0));
    const request = SlowRequest.begin(registry, { method, path: `${path}${query}`, token });
    request.send(whole.subarray(0, 5));
    const { value: key } = await waitFor('a writer', { withinMs: 5_000 }, writtenKey);
    await untilStored(() => sizeOf(key), 5);
    return request;
  };

  it.each(methods)('is cut while it arrives when the right is taken away: %s', async (method, query) => {
    const request = await begin(method, query, `scope-map:${method}`);
    await registry.raiseMinimum(`scope-map:${method}`, 2);
    registry.advance(1_000);
    request.send(whole.subarray(5, 7));
    const answer = await request.answer();
    expect([answer.status, answer.headers.connection]).toEqual([401, 'close']);
    expect(await registry.db.query('select 1 from upload where writer is not null or offset_bytes > 0')).toEqual([]);
  });

  it.each(methods)('E13 is cut when it only holds a connection: %s', async (method, query) => {
    const request = await begin(method, query, 'scope-map:slow');
    registry.advance(60_001);
    request.send(whole.subarray(5, 6));
    const answer = await request.answer();
    expect([answer.status, answer.headers.connection]).toEqual([400, 'close']);
    expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ code: 'BLOB_UPLOAD_INVALID' }] });
  });
});

describe('too many uploads', () => {
  it('E14 of one principal are refused with a time to come back, others go on, and ending one makes room', async () => {
    const sub = 'token:01900000-0000-7000-8000-00000000cccc';
    const open: string[] = [];
    for (let i = 0; i < 30; i++) open.push(await startWith(tokenOf(0, { sub })));
    const digest = digestOf(Buffer.from('x'));
    for (const query of ['', `?digest=${digest}`, `?mount=${digest}&from=${name}`]) {
      const answer = await registry.ask('POST', `${uploads}${query}`, { token: tokenOf(0, { sub }), body: 'x' });
      expect([answer.status, await codeOf(answer)]).toEqual([429, 'TOOMANYREQUESTS']);
      expect(answer.headers.get('retry-after')).toBe('60');
    }
    await startWith(tokenOf(0));
    expect(await statusOf('DELETE', open[0] ?? '', tokenOf(0, { sub }))).toBe(204);
    await startWith(tokenOf(0, { sub }));
  });
});
