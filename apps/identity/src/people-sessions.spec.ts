import { installation, type RoleAssignmentDefinition } from '@berth/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieOf, LogInPlace, publicUrl, type Answer } from './log-in-place.suite.js';

const minute = 60_000;

describe('sessions of people of an identity provider', () => {
  let place: LogInPlace;

  beforeAll(async () => {
    place = await LogInPlace.start();
  });
  afterAll(() => place.stop());

  it('ends a session that nobody uses for half an hour, and each after twelve', async () => {
    const idle = (await place.logIn({ sub: 'sub-ada' })).session;
    place.clock.advance(30 * minute);
    expect((await place.exchange(idle)).statusCode).toBe(401);
    expect(await place.lastEntry()).toMatchObject({ event: 'token-refused', reason: 'no-session', asked: 'session' });
    const busy = (await place.logIn({ sub: 'sub-ada' })).session;
    for (let used = 0; used < 24; used += 1) {
      place.clock.advance(29 * minute);
      expect((await place.exchange(busy)).statusCode).toBe(200);
    }
    place.clock.advance(24 * minute - 10_000);
    const last = await place.claimsOf(busy);
    expect(last.exp - last.iat).toBe(10);
    place.clock.advance(10_000);
    expect((await place.exchange(busy)).statusCode).toBe(401);
  });

  it('ends a session, and what was got by it, when its browser logs out', async () => {
    const { session } = await place.logIn({ sub: 'sub-ada' });
    const held = await place.claimsOf(session);
    const again = (await place.logIn({ sub: 'sub-ada' })).session;
    const answer = await place.logOut(session, publicUrl);
    expect([answer.statusCode, cookieOf(answer, '__Host-berth')]).toEqual([204, '__Host-berth=']);
    expect((await place.exchange(session)).statusCode).toBe(401);
    expect((await place.identity.accessState()).refusedBy(held.ver, held.iat)).toMatch(/^session:/);
    expect((await place.exchange(again)).statusCode).toBe(200);
    expect((await place.logOut(session, publicUrl)).statusCode).toBe(204);
  });

  it('I1 lets no other site log somebody out', async () => {
    const { session } = await place.logIn({ sub: 'sub-ada' });
    for (const origin of [undefined, 'null', 'https://evil.example', `${publicUrl}.evil.example`, `${publicUrl}/`]) {
      expect((await place.logOut(session, origin)).statusCode).toBe(403);
    }
    const headers = { cookie: session, origin: publicUrl, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await place.identity.app.inject({ method: 'POST', url: '/auth/logout', headers })).statusCode).toBe(403);
    expect((await place.exchange(session)).statusCode).toBe(200);
  });

  it('ends what a person has when they are disabled, and lets them in no more', async () => {
    const { session } = await place.logIn({ sub: 'sub-leaver', preferred_username: 'leaver' });
    const { sub } = await place.claimsOf(session);
    expect((await place.manage('PATCH', `/users/${sub.slice(5)}`, { status: 'disabled' })).statusCode).toBe(200);
    expect((await place.exchange(session)).statusCode).toBe(401);
    expect((await place.logIn({ sub: 'sub-leaver' })).answer.json()).toMatchObject({
      status: 403,
      code: 'user-disabled',
    });
    expect(await place.lastEntry()).toMatchObject({ event: 'token-refused', reason: 'user-disabled' });
  });

  it('starts anew with a person whose user was deleted', async () => {
    const { session } = await place.logIn({ sub: 'sub-back', preferred_username: 'back' });
    const { sub } = await place.claimsOf(session);
    expect((await place.manage('DELETE', `/users/${sub.slice(5)}`)).statusCode).toBe(204);
    expect((await place.exchange(session)).statusCode).toBe(401);
    const anew = await place.claimsOf((await place.logIn({ sub: 'sub-back', preferred_username: 'back' })).session);
    expect(anew.sub).not.toBe(sub);
  });

  it('ends what a person mints for docker eight hours after their log-in, and mints nothing for one that is older', async () => {
    const { session } = await place.logIn({ sub: 'sub-docker', preferred_username: 'docker-user' });
    const loggedInAtMs = place.clock.read();
    const { sub } = await place.claimsOf(session);
    place.policy.set<RoleAssignmentDefinition>({
      kind: 'role-assignment',
      id: '01900000-0000-7000-8000-000000002001',
      account: installation.accountId,
      status: 'active',
      changedAt: '2026-01-01T00:00:00.000Z',
      principal: sub,
      role: 'AcrPull',
      scope: { kind: 'account' },
    });
    await place.identity.follow();
    const mint = async (wish: object) => {
      const { token } = (await place.exchange(session)).json<{ token: string }>();
      const headers = { authorization: `Bearer ${token}` };
      const repositories = [{ name: 'samples/hello-world', actions: ['pull'] }];
      const payload = { registry: 'local', repositories, ...wish };
      return place.identity.app.inject({ method: 'POST', url: '/api/v1/users/me/tokens', headers, payload });
    };
    const endOf = (answer: Answer) => Date.parse(answer.json<{ expiresAt: string }>().expiresAt) - loggedInAtMs;
    place.clock.advance(10 * minute);
    expect(endOf(await mint({ name: 'without-an-end' }))).toBe(8 * 60 * minute);
    const soon = new Date(place.clock.read() + minute).toISOString();
    expect(endOf(await mint({ name: 'with-an-end', expiresAt: soon }))).toBe(11 * minute);
    for (let used = 0; used < 19; used += 1) {
      place.clock.advance(25 * minute);
      await place.exchange(session);
    }
    expect((await mint({ name: 'too-late' })).json()).toMatchObject({ status: 403, code: 'log-in-too-old' });
  });
});
