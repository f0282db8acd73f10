import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, loginServer } from './identity-app.suite.js';
import { newIssuerKey, StandInIssuer } from './issuer.suite.js';
import { WorkloadPlace } from './workload-place.suite.js';

describe('workloads', () => {
  let place: WorkloadPlace;

  beforeAll(async () => {
    place = await WorkloadPlace.start();
  });
  afterAll(() => place.stop());

  it('lets a workload in with a token of an issuer that is trusted, as what it was given, and without a refresh token', async () => {
    const { principal, name } = await place.trust({ subject: 'repo:acme/app:ref:refs/heads/main' });
    await place.give(principal);
    const answer = await place.exchange(place.issuer.token({ sub: 'repo:acme/app:ref:refs/heads/main' }), [
      ['access_type', 'offline'],
    ]);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).toMatchObject({
      token_type: 'Bearer',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
    expect(answer.json()).not.toHaveProperty('refresh_token');
    expect(place.claimsOf(answer)).toMatchObject({
      sub: principal,
      name,
      access: [{ actions: ['pull', 'metadata_read'] }],
    });
    expect(await place.lastEntry()).toMatchObject({ event: 'token-issued', actor: { id: principal, name } });
  });

  it('gives nothing to a workload that was given nothing', async () => {
    await place.trust({ subject: 'idle' });
    expect(place.claimsOf(await place.exchange(place.issuer.token({ sub: 'idle' }))).access).toEqual([]);
  });

  it('takes a claim instead of a subject, and an ID token', async () => {
    const { principal } = await place.trust({ claim: { name: 'repository_id', value: '4711' } });
    const answer = await place.exchange(place.issuer.token({ sub: 'anything', repository_id: '4711' }), [
      ['subject_token_type', 'urn:ietf:params:oauth:token-type:id_token'],
    ]);
    expect(place.claimsOf(answer).sub).toBe(principal);
    await place.expectRefused(place.issuer.token({ sub: 'anything', repository_id: '4712' }), 'no-federation');
  });

  it('ends an access token no later than the token that it was got with', async () => {
    await place.trust({ subject: 'short' });
    const exp = Math.floor(place.clock.read() / 1000) + 30;
    const answer = await place.exchange(place.issuer.token({ sub: 'short', exp }));
    expect(place.claimsOf(answer).exp).toBe(exp);
    expect(answer.headers['warning']).toBeUndefined();
  });

  it('A14 A15 A16 A19 refuses another issuer, audience, subject and key, and what has ended, all alike', async () => {
    await place.trust({ subject: 'exact' });
    const other = newIssuerKey('key-1');
    const now = Math.floor(place.clock.read() / 1000);
    await place.expectRefused(place.issuer.token({ sub: 'exact', iss: 'https://issuer.example' }), 'no-federation');
    await place.expectRefused(place.issuer.token({ sub: 'exact', aud: 'other:5000' }), 'no-federation');
    await place.expectRefused(
      place.issuer.token({ sub: 'exact', aud: [loginServer, 'other:5000'] }),
      'invalid-subject-token',
    );
    await place.expectRefused(place.issuer.token({ sub: 'exact2' }), 'no-federation');
    await place.expectRefused(place.issuer.token({ sub: 'exact' }, other), 'invalid-subject-token');
    await place.expectRefused(place.issuer.token({ sub: 'exact', exp: now - 1 }), 'invalid-subject-token');
    await place.expectRefused('x.y.z', 'invalid-subject-token');
  });

  it('A23 A24 takes no token of Berth itself for one', async () => {
    const { token } = (await place.identity.logIn(`admin:${adminPassword}`)).json<{ token: string }>();
    await place.expectRefused(token, 'invalid-subject-token');
    const answer = await place.identity.askForToken([['service', loginServer]], `admin:${adminPassword}`);
    await place.expectRefused(answer.json<{ token: string }>().token, 'no-federation');
  });

  it('asks nobody for the keys of an issuer that no rule names', async () => {
    const stranger = await StandInIssuer.start(place.clock);
    await place.expectRefused(stranger.token(), 'no-federation');
    expect(stranger.asked).toEqual([]);
    await stranger.stop();
  });

  it.each<[string, readonly (readonly [string, string])[]]>([
    ['no kind of token', [['subject_token_type', 'urn:ietf:params:oauth:token-type:saml2']]],
    ['an actor', [['actor_token', 'x']]],
    ['a password beside it', [['password', 'x']]],
    ['another kind wanted', [['requested_token_type', 'urn:ietf:params:oauth:token-type:refresh_token']]],
  ])('refuses an exchange with %s', async (_, more) => {
    const answer = await place.exchange(place.issuer.token(), more);
    expect([answer.statusCode, answer.json<{ error: string }>().error]).toEqual([400, 'invalid_request']);
  });

  it('37 takes a key that the issuer made a moment ago, and no longer one that it took back', async () => {
    await place.trust({ subject: 'rotating' });
    const [old] = place.issuer.keys;
    const fresh = newIssuerKey('key-2');
    place.clock.advance(31_000);
    place.issuer.keys = [fresh];
    expect((await place.exchange(place.issuer.token({ sub: 'rotating' }))).statusCode).toBe(200);
    await place.expectRefused(place.issuer.token({ sub: 'rotating' }, old), 'invalid-subject-token');
  });

  it('36 says that it can`t tell when an issuer is away, slow or huge, and lets everybody else in meanwhile', async () => {
    const hostile = await StandInIssuer.start(place.clock);
    await place.trust({ issuer: hostile.url, subject: 'robot' });
    await place.trust({ subject: 'good' });
    const held: ServerResponse[] = [];
    hostile.misbehave = (_, response) => void held.push(response);
    const token = hostile.token();
    let isWaiting = true;
    const slow = Promise.all(Array.from({ length: 20 }, () => place.exchange(token))).finally(
      () => (isWaiting = false),
    );
    expect((await place.exchange(place.issuer.token({ sub: 'good' }))).statusCode).toBe(200);
    expect((await place.identity.askForToken([['service', loginServer]], `admin:${adminPassword}`)).statusCode).toBe(
      200,
    );
    expect(isWaiting).toBe(true);
    for (const response of held) response.destroy();
    const answers = await slow;
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([503]));
    expect(answers[0]?.headers['retry-after']).toBeDefined();
    expect(hostile.asked).toHaveLength(1);
    hostile.misbehave = (_, response) => response.end(Buffer.alloc(10 * 1024 * 1024, ' '));
    place.clock.advance(10 * 60_000);
    expect((await place.exchange(hostile.token())).statusCode).toBe(503);
    hostile.misbehave = (_, response) => response.writeHead(302, { location: place.issuer.url }).end();
    place.clock.advance(10 * 60_000);
    expect((await place.exchange(hostile.token())).statusCode).toBe(503);
    await hostile.stop();
  });
});
