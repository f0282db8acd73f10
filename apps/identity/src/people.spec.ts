import { managementAudience } from '@berth/contracts';
import { oidcClient } from '@berth/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword } from './identity-app.suite.js';
import { cookieOf, cookiesOf, LogInPlace, publicUrl } from './log-in-place.suite.js';

const minute = 60_000;

describe('people of an identity provider', () => {
  let place: LogInPlace;

  beforeAll(async () => {
    place = await LogInPlace.start();
  });
  afterAll(() => place.stop());

  it('I4 sends a browser to the provider with state, nonce and PKCE, and to one address back', async () => {
    const { address, cookie } = await place.begin();
    const { searchParams, origin } = new URL(address);
    expect(origin).toBe(place.provider.url);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      client_id: oidcClient.id,
      redirect_uri: `${publicUrl}/auth/callback`,
      code_challenge_method: 'S256',
      scope: 'openid profile email groups',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(searchParams.get(name)).toMatch(/^[\w-]{43}$/);
    const kept = Buffer.from(cookie.split('=')[1] ?? '', 'base64url').toString('latin1');
    expect(kept).not.toContain(searchParams.get('state'));
  });

  it('logs a person in: a user of their own, a session that only this origin`s pages can use', async () => {
    const { answer, session } = await place.logIn({
      sub: 'sub-ada',
      preferred_username: 'ada',
      email: 'ada@example.com',
    });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(cookiesOf(answer)).toEqual([
      '__Host-berth-login=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax',
      expect.stringMatching(/^__Host-berth=[\w-]{43}; Path=\/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict$/),
    ]);
    expect(await place.lastEntry()).toMatchObject({ event: 'token-issued', actor: { name: 'ada' }, asked: 'log-in' });
    const claims = await place.claimsOf(session);
    expect(claims).toMatchObject({ aud: managementAudience, name: 'ada', operator: false, groups: [] });
    const shown = (await place.manage('GET', `/users/${claims.sub.slice('user:'.length)}`)).json();
    expect(shown).toMatchObject({ name: 'ada', email: 'ada@example.com', hasPassword: false });
  });

  it('I3 I5 goes on, on this origin, by a page of its own, which nobody can frame, and not by a redirect', async () => {
    const { answer } = await place.logIn({ sub: 'sub-ada' }, '/auth/login?return=/registries/local?tab=tags%26x=1');
    expect(answer.headers.location).toBeUndefined();
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(answer.body).toContain('content="0;url=/registries/local?tab=tags&amp;x=1"');
    const other = await place.logIn({ sub: 'sub-ada' }, '/auth/login?return=//evil.example');
    expect(other.answer.body).toContain('content="0;url=/"');
  });

  it('knows a person by issuer and subject alone: never by a name, never by an e-mail address', async () => {
    const first = await place.claimsOf(
      (await place.logIn({ sub: 'sub-1', preferred_username: 'sam', email: 's@a.b' })).session,
    );
    const same = await place.claimsOf(
      (await place.logIn({ sub: 'sub-1', preferred_username: 'renamed', email: 'r@a.b' })).session,
    );
    const other = await place.claimsOf(
      (await place.logIn({ sub: 'sub-2', preferred_username: 'sam', email: 's@a.b' })).session,
    );
    expect([same.sub, same.name]).toEqual([first.sub, 'sam']);
    expect(other.sub).not.toBe(first.sub);
    expect(other.name).toMatch(/^sam-[0-9a-f]{8}$/);
  });

  it('makes nobody an admin by their name there', async () => {
    const claims = await place.claimsOf((await place.logIn({ sub: 'sub-evil', preferred_username: 'admin' })).session);
    expect(claims).toMatchObject({ name: 'sub-evil', operator: false });
  });

  it('A30 keeps groups in step at each log-in, and a group that people made is never one of them', async () => {
    const local = (await place.manage('POST', '/groups', { name: 'ops' })).json<{ id: string }>();
    const groups = ['ops', 'dev', 'dev', '', 7, ' x'];
    const before = await place.claimsOf(
      (await place.logIn({ sub: 'sub-g', preferred_username: 'gus', groups })).session,
    );
    const listed = (await place.manage('GET', '/groups?limit=1000')).json<{
      items: { id: string; name: string; issuer: string }[];
    }>();
    const ofProvider = listed.items.filter(({ issuer }) => issuer === place.provider.url);
    expect(ofProvider.map(({ name }) => name)).toEqual(['dev', expect.stringMatching(/^ops-[0-9a-f]{8}$/)]);
    expect([...before.groups].sort()).toEqual(ofProvider.map(({ id }) => `group:${id}`).sort());
    expect(before.groups).not.toContain(`group:${local.id}`);
    place.clock.advance(1000);
    const { session } = await place.logIn({ sub: 'sub-g', preferred_username: 'gus', groups: 'dev' });
    const after = await place.claimsOf(session);
    expect(after.groups).toEqual([`group:${ofProvider[0]?.id}`]);
    const state = await place.identity.accessState();
    expect(state.refusedBy(before.ver, before.iat)).toBe(before.sub);
    expect(state.refusedBy(after.ver, after.iat)).toBeNull();
    expect((await place.claimsOf((await place.logIn({ sub: 'sub-g' })).session)).groups).toEqual([]);
  });

  it('brings people who come together into the same new groups', async () => {
    const groups = ['new-a', 'new-b'];
    place.provider.person = { sub: 'sub-t', groups };
    const visits = await Promise.all(
      [1, 2, 3].map(async () => {
        const { address, cookie } = await place.begin();
        return { back: await place.visit(address), cookie };
      }),
    );
    const answers = await Promise.all(visits.map(({ back, cookie }) => place.get(back.pathname + back.search, cookie)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    const claims = await Promise.all(answers.map((answer) => place.claimsOf(cookieOf(answer, '__Host-berth'))));
    expect(new Set(claims.map(({ sub }) => sub)).size).toBe(1);
    expect(claims[0]?.groups).toHaveLength(2);
  });

  it('lets nobody finish a log-in that another browser began, one that was changed, or a second time', async () => {
    const { back, cookie } = await place.logIn({ sub: 'sub-ada' });
    const path = back.pathname + back.search;
    const other = await place.begin();
    for (const kept of ['', `${cookie.slice(0, -4)}AAAA`, '__Host-berth-login=', `${cookie}; ${other.cookie}`]) {
      expect((await place.get(path, kept)).json()).toMatchObject({ status: 400, code: 'log-in-not-begun' });
    }
    const answers = [
      await place.get(path, other.cookie),
      await place.get(path, cookie),
      await place.get('/auth/callback?code=x', cookie),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([403, 403, 403]);
    for (const answer of answers) expect(cookieOf(answer, '__Host-berth')).toBe('');
    expect(await place.lastEntry()).toMatchObject({ event: 'token-refused', reason: 'log-in-refused' });
  });

  it('ends a log-in that takes longer than ten minutes', async () => {
    place.provider.person = { sub: 'sub-ada' };
    const { address, cookie } = await place.begin();
    const back = await place.visit(address);
    place.clock.advance(10 * minute);
    expect((await place.get(back.pathname + back.search, cookie)).json()).toMatchObject({ code: 'log-in-not-begun' });
  });

  it('B26 writes no secret of a log-in anywhere but into the browser', async () => {
    const { session, cookie, back } = await place.logIn({ sub: 'sub-ada' });
    await place.claimsOf(session);
    const written = (await place.identity.spoolBytes()).toString('latin1') + place.identity.logged();
    const values = [session.split('=')[1], cookie.split('=')[1], back.searchParams.get('code'), oidcClient.secret];
    for (const value of values) expect(written).not.toContain(value);
  });

  it('36 answers 503 while the provider is away, and asks it rarely; everybody else goes on', async () => {
    const { session } = await place.logIn({ sub: 'sub-ada' });
    const { address, cookie } = await place.begin();
    const back = await place.visit(address);
    await place.provider.stop();
    expect((await place.get(back.pathname + back.search, cookie)).json()).toMatchObject({
      status: 503,
      code: 'identity-provider-unavailable',
    });
    expect((await place.exchange(session)).statusCode).toBe(200);
    expect((await place.identity.logIn(`admin:${adminPassword}`)).statusCode).toBe(200);
  });
});
