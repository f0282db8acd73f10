import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { generateSigningKey, TokenSigner } from '@berth/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPlace, TestRegistry, type TestPlace } from './registry.suite.js';
import { codeOf, pullFrom, pushImage, pushTo } from './sample-content.suite.js';
import { loginServer, realm } from './test-tokens.suite.js';

const name = 'team/app';
const path = `/v2/${name}/manifests/v1`;
let place: TestPlace;
let registry: TestRegistry;
let attacker: Server;
let calls = 0;

beforeAll(async () => {
  place = await newPlace();
  registry = await TestRegistry.start(place);
  await pushImage(registry, name, { tag: 'v1', text: 'hello' });
  attacker = createServer((_, reply) => void reply.end(`${(calls += 1)}`)).listen(0, '127.0.0.1');
  await once(attacker, 'listening');
});

afterAll(async () => {
  attacker.close();
  await registry.stop();
  await place.remove();
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with any header, signed by any means, with claims that are all right. */
function crafted(header: Record<string, unknown>, signer: (signed: Buffer) => Buffer): string {
  const typ = 'at+jwt';
  const signed = `${base64url({ typ, ...header })}.${base64url(place.identity.claims({ [name]: ['pull'] }))}`;
  return `${signed}.${signer(Buffer.from(signed)).toString('base64url')}`;
}

const es256 = (key: Parameters<typeof sign>[2]) => (signed: Buffer) => sign('sha256', signed, key as never);
const attackerPair = generateSigningKey();
const attackerSigner = es256({ key: attackerPair.privateKey, dsaEncoding: 'ieee-p1363' } as never);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const kid = () => place.identity.pair.kid;
const attackerUrl = () => `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/keys`;

/** Our own public key in the three forms that could be taken for an HMAC secret. */
function publicForms(): readonly (string | Buffer)[] {
  const key = createPublicKey(place.identity.pair.privateKey);
  return [
    key.export({ format: 'pem', type: 'spki' }),
    key.export({ format: 'der', type: 'spki' }),
    JSON.stringify(place.identity.pair.publicJwk),
  ];
}

const forged: readonly [string, () => readonly string[]][] = [
  [
    'A1 without a signature',
    () => [
      crafted({ alg: 'none', kid: kid() }, () => Buffer.alloc(0)),
      crafted({ alg: 'none' }, () => Buffer.alloc(0)),
    ],
  ],
  [
    'A2 with our public key as an HMAC secret',
    () =>
      publicForms().map((secret) =>
        crafted({ alg: 'HS256', kid: kid() }, (signed) => createHmac('sha256', secret).update(signed).digest()),
      ),
  ],
  [
    'A3 with another algorithm',
    () => [
      crafted({ alg: 'RS256', kid: kid() }, (signed) => sign('sha256', signed, rsa.privateKey)),
      ...['ES384', 'PS256', 'es256'].map((alg) =>
        crafted(
          { alg, kid: kid() },
          es256({ key: place.identity.pair.privateKey, dsaEncoding: 'ieee-p1363' } as never),
        ),
      ),
    ],
  ],
  [
    'A4 with its own key in the header',
    () => [crafted({ alg: 'ES256', kid: kid(), jwk: attackerPair.publicJwk }, attackerSigner)],
  ],
  [
    'A5 with its own certificate in the header',
    () => [crafted({ alg: 'ES256', kid: kid(), x5c: ['MIIB'] }, attackerSigner)],
  ],
  [
    'A6 with an address of keys in the header',
    () =>
      ['jku', 'x5u'].map((member) => crafted({ alg: 'ES256', kid: kid(), [member]: attackerUrl() }, attackerSigner)),
  ],
  [
    'A7 under a strange kid',
    () =>
      ['../../dev/null', '__proto__', 'constructor', "' OR 1=1--"].map((each) =>
        crafted({ alg: 'ES256', kid: each }, attackerSigner),
      ),
  ],
  [
    'A9 of an unknown key',
    () => [new TokenSigner(attackerPair).sign('access', place.identity.claims({ [name]: ['pull'] }))],
  ],
];

describe('a token that identity did not sign', () => {
  it.each(forged)('%s is refused, recorded, and nobody is asked about it', async (_, tokens) => {
    for (const token of tokens()) {
      const before = registry.spooled().length;
      const answer = await registry.ask('GET', path, { token });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe(
        `Bearer realm="${realm}",service="${loginServer}",scope="repository:${name}:pull",error="invalid_token"`,
      );
      expect(await codeOf(answer)).toBe('UNAUTHORIZED');
      const entries = registry.spooled().slice(before);
      expect(entries).toMatchObject([
        {
          event: 'refused',
          outcome: 'refused',
          reason: 'invalid-token',
          actor: { id: null },
          target: { repository: name },
        },
      ]);
      expect(JSON.stringify(entries)).not.toContain(token.split('.')[2] || token);
    }
    expect(calls).toBe(0);
  });
});

describe('a request without the right', () => {
  it('has the answer that docker shows: denied, with the scope that would be enough', async () => {
    const answer = await registry.ask('PUT', path, { ...pullFrom(name), body: '{}' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="${realm}",service="${loginServer}",scope="repository:${name}:pull,push",error="insufficient_scope"`,
    );
    expect(await answer.json()).toMatchObject({
      errors: [{ code: 'DENIED', message: 'requested access to the resource is denied' }],
    });
    expect(registry.spooled().at(-1)).toMatchObject({
      event: 'refused',
      reason: 'no-grant',
      actor: { name: 'mytoken' },
    });
  });

  it('D1 says the same of a repository that exists and one that does not', async () => {
    const bodies = await Promise.all(
      [name, 'team/nowhere'].map(async (repository) => {
        const answer = await registry.ask('GET', `/v2/${repository}/manifests/v1`, { token: null });
        const { errors } = (await answer.json()) as { errors: { detail: object }[] };
        const challenge = answer.headers.get('www-authenticate')?.replace(repository, 'NAME');
        return [answer.status, challenge, errors.map((error) => ({ ...error, detail: null }))];
      }),
    );
    expect(bodies[0]).toEqual(bodies[1]);
    expect(bodies[0]?.[0]).toBe(401);
  });

  it('A28 reads neither a query parameter nor the second of two headers, and takes Basic for no token', async () => {
    const token = place.identity.token({ [name]: ['pull'] });
    const query = await registry.ask('GET', `${path}?access_token=${token}`, { token: null });
    expect([query.status, await codeOf(query)]).toEqual([401, 'UNAUTHORIZED']);
    expect(await rawStatus(path, ['authorization', `Bearer ${token}`, 'authorization', `Bearer ${token}`])).toBe(401);
    expect(await rawStatus(path, ['authorization', `Bearer ${token}`])).toBe(200);
    const basic = await fetch(`${registry.url}/v2/`, { headers: { authorization: 'Basic bXl0b2tlbjpzZWNyZXQ=' } });
    expect([basic.status, basic.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="${realm}",service="${loginServer}",error="invalid_token"`,
    ]);
    await basic.body?.cancel();
  });

  it('B23 is challenged with the configured addresses, whatever it says about itself', async () => {
    const headers = { host: 'evil', 'x-forwarded-host': 'evil', 'x-forwarded-proto': 'javascript' };
    const answer = await registry.ask('GET', '/v2/', { token: null, headers });
    expect(answer.headers.get('www-authenticate')).toBe(`Bearer realm="${realm}",service="${loginServer}"`);
    await answer.body?.cancel();
  });
});

describe('what was taken away', () => {
  it('ends tokens that are older, in this process, at the next request', async () => {
    const ver = { 'token:revoked': 5, 'scope-map:revoked': 9 };
    const token = place.identity.token({ [name]: ['pull'] }, { ver });
    expect((await registry.ask('GET', path, { token })).status).toBe(200);
    await registry.raiseMinimum('scope-map:revoked', 10);
    const refused = await registry.ask('GET', path, { token });
    expect([refused.status, await codeOf(refused)]).toEqual([401, 'UNAUTHORIZED']);
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(registry.spooled().at(-1)).toMatchObject({ reason: 'taken-away', actor: { name: 'mytoken' } });
    const newer = place.identity.token({ [name]: ['pull'] }, { ver: { ...ver, 'scope-map:revoked': 10 } });
    expect((await registry.ask('GET', path, { token: newer })).status).toBe(200);
  });
});

describe('a key that only checks', () => {
  it('is enough to judge tokens: nobody is turned away between two keys to sign with', async () => {
    const place = await newPlace();
    const other = await TestRegistry.start(place);
    try {
      expect((await other.ask('GET', '/v2/')).status).toBe(200);
      const key = { ...place.identity.record, status: 'retired' as const, version: 2 };
      other.keysAndMinima.state.applyKey(key);
      const answer = await other.ask('GET', '/v2/', { token: place.identity.token() });
      expect(answer.status).toBe(200);
    } finally {
      await other.stop();
      await place.remove();
    }
  });
});

describe('an address that is not offered', () => {
  it.each([
    ['DELETE', '/v2/', 405, 'UNSUPPORTED'],
    ['DELETE', `/v2/${name}/tags/list`, 405, 'UNSUPPORTED'],
    ['POST', '/v2/_catalog', 405, 'UNSUPPORTED'],
    ['POST', `/v2/${name}/manifests/v1`, 405, 'UNSUPPORTED'],
    ['OPTIONS', `/v2/${name}/manifests/v1`, 405, 'UNSUPPORTED'],
    ['PROPFIND', `/v2/${name}/manifests/v1`, 405, 'UNSUPPORTED'],
    ['GET', '/v2/..%2f..%2fetc/manifests/x', 400, 'NAME_INVALID'],
    ['GET', '/v2/a%22,error=%22x/tags/list', 400, 'NAME_INVALID'],
    ['GET', '/v2/TEAM/app/manifests/v1', 400, 'NAME_INVALID'],
    ['GET', '/v2//_catalog', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/-/pull-manifest', 404, 'NAME_UNKNOWN'],
    ['GET', '/%762/-/pull-manifest', 404, 'NAME_UNKNOWN'],
    ['GET', '/v%32/-/refuse', 404, 'NAME_UNKNOWN'],
    ['GET', '/v%32/%zz', 404, 'NAME_UNKNOWN'],
    ['GET', `/v2/${name}/manifests/-x`, 404, 'MANIFEST_UNKNOWN'],
  ])('%s %s is answered %i %s in the form of the specification', async (method, url, status, code) => {
    const answer = await registry.ask(method, url, pushTo(name));
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
  });

  it('C9 does not become another method by a header', async () => {
    const headers = { 'x-http-method-override': 'DELETE' };
    const answer = await registry.ask('GET', path, { ...pullFrom(name), headers });
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
  });

  it('C8 C11 outside /v2/ is nothing at all', async () => {
    for (const url of [
      'http://x/v2/-/base',
      '//v2/_catalog',
      '/V2/',
      '/v20/',
      '/internal/changes',
      '/api/v1/registries',
      '/',
    ]) {
      expect([url, await rawStatus(url, [])]).toEqual([url, 404]);
    }
  });
});

describe('/v2/', () => {
  it('answers any valid token, and nobody else', async () => {
    const answer = await registry.ask('GET', '/v2/');
    expect([answer.status, await answer.json()]).toEqual([200, {}]);
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
    expect((await registry.ask('HEAD', '/v2/')).status).toBe(200);
    const anonymous = await registry.ask('GET', '/v2/', { token: null });
    expect([anonymous.status, anonymous.headers.get('docker-distribution-api-version')]).toEqual([401, 'registry/2.0']);
    expect(await codeOf(anonymous)).toBe('UNAUTHORIZED');
  });
});

/** A request whose target and headers go out exactly as given. */
async function rawStatus(target: string, headers: string[]): Promise<number> {
  const { port } = new URL(registry.url);
  const sent = httpRequest({ port, path: target, headers: ['host', loginServer, ...headers] as never });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode ?? 0;
}
