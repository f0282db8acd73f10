import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificates } from './certificates.suite.js';
import type { CertificateAnswer } from './certificate-answer.js';
import { adminPassword, loginServer, type IdentityReplica, type StoppedClock } from './identity-app.suite.js';
import { IdentityPlace } from './identity-place.suite.js';

const proxy = '192.0.2.1';
const header = 'berth-client-certificate';

describe('certificates of tokens', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let clock: StoppedClock;

  beforeAll(async () => {
    place = await IdentityPlace.start(
      (policy) => policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']),
      { BERTH_TRUSTED_PROXIES: proxy },
    );
    ({ identity, clock } = place);
    clock.advance(60_000);
    await identity.listenToSilence();
  });
  afterAll(() => place.stop());
  beforeEach(async () => {
    for (const name of ['device-1', 'device-2']) {
      await identity.manage('DELETE', `/tokens/${name}`);
      await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers' });
    }
  });

  const put = (pem: string, { name = 'device-1', slot = 1 } = {}) =>
    identity.manage('PUT', `/tokens/${name}/certificates/${slot}`, { pem });

  const ask = (pem: string, { address = proxy, name = header, credential }: Record<string, string> = {}) =>
    identity.askForToken(
      [
        ['service', loginServer],
        ['scope', 'repository:samples/hello-world:pull'],
        ['offline_token', 'true'],
      ],
      credential,
      { address: address ?? proxy, headers: { [name ?? header]: encodeURIComponent(pem) } },
    );

  async function claimsOf(pem: string) {
    const answer = await ask(pem);
    expect(answer.statusCode).toBe(200);
    const { token, ...rest } = answer.json<{ token: string }>();
    return { claims: identity.verifier().verifyAccess(token, loginServer), rest };
  }

  const lastReason = async () => (await identity.entries()).at(-1)?.reason;

  it('log a client in as the token, until the certificate ends, without a refresh token', async () => {
    const set = await put(certificates.endsSoon);
    expect([set.statusCode, set.json<CertificateAnswer>()]).toMatchObject([
      200,
      { slot: 1, subject: 'CN=device-1', expiresAt: '2026-01-01T12:05:00.000Z' },
    ]);
    const { claims, rest } = await claimsOf(certificates.endsSoon);
    expect(claims).toMatchObject({ name: 'device-1', exp: Date.UTC(2026, 0, 1, 12, 5) / 1000 });
    expect(claims.access[0]?.actions).toContain('pull');
    expect(Object.keys(claims.ver)).toContainEqual(expect.stringMatching(/^certificate:.*\/1$/));
    expect(rest).not.toHaveProperty('refresh_token');
  });

  it('B22 count only when a trusted proxy says so', async () => {
    await put(certificates.lasting);
    for (const address of ['192.0.2.2', '127.0.0.1']) {
      expect((await ask(certificates.lasting, { address })).statusCode).toBe(401);
    }
    for (const name of ['x-client-cert', 'x-ssl-client-cert', 'x-forwarded-client-cert']) {
      expect((await ask(certificates.lasting, { name })).statusCode).toBe(401);
    }
    expect((await ask(certificates.lasting)).statusCode).toBe(200);
  });

  it('come after a credential that is presented on purpose', async () => {
    await put(certificates.lasting);
    const credential = `admin:${adminPassword}`;
    const answer = await ask(certificates.lasting, { credential });
    const { name } = identity.verifier().verifyAccess(answer.json<{ token: string }>().token, loginServer);
    expect(name).toBe('admin');
    expect((await ask(certificates.lasting, { credential: 'admin:wrong' })).statusCode).toBe(401);
  });

  it('are refused alike when unknown, not yet valid, ended, or of a token that is disabled', async () => {
    await put(certificates.notYet);
    await put(certificates.endsSoon, { slot: 2 });
    await put(certificates.lasting, { name: 'device-2' });
    await identity.manage('PATCH', '/tokens/device-2', { status: 'disabled' });
    const tries = [
      [certificates.notYet, 'certificate-not-yet-valid'],
      [certificates.lasting, 'disabled'],
    ] as const;
    for (const [pem, reason] of tries) {
      expect([(await ask(pem)).statusCode, await lastReason()]).toEqual([401, reason]);
    }
    await identity.manage('DELETE', '/tokens/device-2');
    expect([(await ask(certificates.lasting)).statusCode, await lastReason()]).toEqual([401, 'unknown-certificate']);
    for (const header of ['no certificate', '', certificates.ofServer]) {
      expect((await ask(header)).statusCode).toBe(401);
    }
  });

  it('end with what was issued for them when they are replaced or deleted; the other one goes on', async () => {
    await put(certificates.endsSoon);
    await put(certificates.lasting, { slot: 2 });
    const [first, second] = [
      (await claimsOf(certificates.endsSoon)).claims,
      (await claimsOf(certificates.lasting)).claims,
    ];
    const state = async () => identity.accessState();
    expect((await identity.manage('DELETE', '/tokens/device-1/certificates/1')).statusCode).toBe(204);
    expect((await state()).refusedBy(first.ver, first.iat)).toMatch(/^certificate:.*\/1$/);
    expect((await state()).refusedBy(second.ver, second.iat)).toBeNull();
    expect((await ask(certificates.endsSoon)).statusCode).toBe(401);
    expect((await identity.manage('DELETE', '/tokens/device-1/certificates/1')).statusCode).toBe(404);
    await put(certificates.endsSoon, { slot: 2 });
    expect((await state()).refusedBy(second.ver, second.iat)).toMatch(/^certificate:.*\/2$/);
    const { items } = (await identity.manage('GET', '/tokens/device-1/certificates')).json<{
      items: CertificateAnswer[];
    }>();
    expect(items.map(({ slot, subject }) => [slot, subject])).toEqual([[2, 'CN=device-1']]);
  });

  it('are on one token of a registry, and the same again changes nothing', async () => {
    const first = await put(certificates.lasting);
    expect((await put(certificates.lasting)).json()).toEqual(first.json());
    for (const other of [{ slot: 2 }, { name: 'device-2' }]) {
      expect((await put(certificates.lasting, other)).statusCode).toBe(409);
    }
  });

  it('given to two tokens at once are on one of them', async () => {
    const both = Array.from({ length: 8 }, (_, at) => put(certificates.lasting, { name: `device-${(at % 2) + 1}` }));
    const statuses = new Set((await Promise.all(both)).map(({ statusCode }) => statusCode));
    expect([...statuses].sort()).toEqual([200, 409]);
  });

  it.each([
    ['of a server', certificates.ofServer],
    ['two of them', certificates.lasting + certificates.endsSoon],
    ['a text', 'hello'],
    ['a broken one', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ['one too long', `-----BEGIN CERTIFICATE-----\n${'A'.repeat(20_000)}\n-----END CERTIFICATE-----\n`],
  ])('are refused when they are %s', async (_what, pem) => {
    expect((await put(pem)).statusCode).toBe(400);
  });

  it('that have ended are not taken, and log nobody in any more', async () => {
    await put(certificates.endsSoon);
    clock.advance(5 * 60_000);
    await identity.listenToSilence();
    expect([(await ask(certificates.endsSoon)).statusCode, await lastReason()]).toEqual([401, 'certificate-expired']);
    expect((await put(certificates.endsSoon, { slot: 2 })).statusCode).toBe(400);
  });
});
