import { installation } from '@berth/contracts';
import { generateSecret } from '@berth/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, loginServer, type IdentityReplica } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';

describe('POST /internal/management-tokens', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) =>
      policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']),
    );
    ({ identity } = place);
  });
  afterAll(() => place.stop());

  const lastEntry = async () => (await identity.entries()).at(-1);

  it('says for a minute who is calling, and never what they may do', async () => {
    const answer = await identity.logIn(`admin:${adminPassword}`);
    const { token, expiresInSeconds } = answer.json<{ token: string; expiresInSeconds: number }>();
    const claims = identity.verifier().verifyManagement(token);
    expect([answer.statusCode, expiresInSeconds, claims.exp - claims.iat]).toEqual([200, 60, 60]);
    expect(claims).toMatchObject({
      sub: `user:${installation.adminUserId}`,
      name: 'admin',
      operator: true,
      groups: [],
    });
    expect(claims).not.toHaveProperty('access');
    expect(await lastEntry()).toMatchObject({
      event: 'token-issued',
      actor: { id: claims.sub, name: 'admin' },
      action: null,
      target: {},
      source: { address: '192.0.2.7', userAgent: 'spec' },
    });
  });

  it('A23 gives a token that is no access token', async () => {
    const { token } = (await identity.logIn(`admin:${adminPassword}`)).json<{ token: string }>();
    expect(() => identity.verifier().verifyAccess(token, loginServer)).toThrow('not valid');
  });

  it('refuses every other credential alike, and enters why without what was typed', async () => {
    await identity.manage('PUT', '/tokens/device-1', { scopeMap: 'readers' });
    const { password } = (await identity.manage('POST', '/tokens/device-1/passwords', { slot: 1 })).json();
    const tries = [
      ['admin:wrong password', 'wrong-password'],
      ['nobody:wrong password', 'unknown-user'],
      [`device-1:${password}`, 'not-a-user'],
      [`admin:${generateSecret('brk')}`, 'unknown-api-key'],
      [':', 'unreadable-credential'],
    ] as const;
    const answers = new Set<string>();
    for (const [credential, reason] of tries) {
      const answer = await identity.logIn(credential);
      const { requestId, ...body } = answer.json<{ requestId: string }>();
      expect(requestId).toBeDefined();
      answers.add(JSON.stringify([answer.statusCode, body]));
      expect(await lastEntry()).toMatchObject({ event: 'token-refused', reason, outcome: 'refused' });
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toContain('401');
    const bytes = (await identity.spoolBytes()).toString('latin1');
    expect(['wrong password', 'nobody', password].filter((secret) => bytes.includes(secret))).toEqual([]);
  });

  it('is not there for anybody without the internal key', async () => {
    expect((await identity.logIn(`admin:${adminPassword}`, 'a key of 32 characters, but wrong')).statusCode).toBe(404);
  });
});
