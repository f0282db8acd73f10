import { installation } from '@berth/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, loginServer, type IdentityReplica, type StoppedClock } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';

const service = ['service', loginServer] as const;
const pull = ['scope', 'repository:samples/hello-world:pull'] as const;
const zeroUser = '00000000-0000-0000-0000-000000000000';

interface Answer {
  readonly access_token: string;
  readonly refresh_token?: string;
}

describe('refresh tokens', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let clock: StoppedClock;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) =>
      policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']),
    );
    ({ identity, clock } = place);
  });
  afterAll(() => place.stop());

  async function newPassword(name: string, password: object = {}): Promise<string> {
    await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers' });
    return (await identity.manage('POST', `/tokens/${name}/passwords`, { slot: 1, ...password })).json().password;
  }

  /** Logs in as docker does, and keeps the refresh token. */
  async function logIn(username: string, password: string): Promise<string> {
    const credential = [
      ['username', username],
      ['password', password],
    ] as const;
    const answer = await identity.post([
      ['grant_type', 'password'],
      service,
      ['access_type', 'offline'],
      ...credential,
    ]);
    expect(answer.statusCode).toBe(200);
    return answer.json<{ refresh_token: string }>().refresh_token;
  }

  const refresh = (token: string) =>
    identity.post([['grant_type', 'refresh_token'], service, pull, ['refresh_token', token]]);
  const accessOf = ({ access_token: token }: Answer) => identity.verifier().verifyAccess(token, loginServer);
  const lastEntry = async () => (await identity.entries()).at(-1);

  async function expectInvalid(token: string, reason: string): Promise<void> {
    const answer = await refresh(token);
    expect([answer.statusCode, answer.json<{ error: string }>().error]).toEqual([400, 'invalid_grant']);
    expect(await lastEntry()).toMatchObject({ event: 'token-refused', reason });
  }

  it('gives an access token of the same credential, and the same refresh token again', async () => {
    const token = await logIn('device-1', await newPassword('device-1'));
    const answer = (await refresh(token)).json<Answer>();
    expect(answer.refresh_token).toBe(token);
    expect(accessOf(answer)).toMatchObject({ name: 'device-1', slot: 1, access: [{ actions: ['pull'] }] });
    expect(await lastEntry()).toMatchObject({
      event: 'token-issued',
      actor: { name: 'device-1', slot: 1 },
      asked: `${pull[1]} grant_type=refresh_token`,
    });
  });

  it('is given by GET too where offline_token asks for it, and only there', async () => {
    const credential = `device-get:${await newPassword('device-get')}`;
    const plain = await identity.askForToken([service, pull], credential);
    expect(plain.json<Answer>()).not.toHaveProperty('refresh_token');
    const offline = await identity.askForToken([service, pull, ['offline_token', 'true']], credential);
    const { refresh_token: token = '' } = offline.json<Answer>();
    expect(accessOf((await refresh(token)).json<Answer>()).name).toBe('device-get');
  });

  it('S1 logs in as user 00000000-0000-0000-0000-000000000000, the way of Azure, by GET and POST', async () => {
    const token = await logIn('device-zero', await newPassword('device-zero'));
    const byGet = await identity.askForToken([service, pull, ['account', zeroUser]], `${zeroUser}:${token}`);
    expect(accessOf(byGet.json<Answer>()).name).toBe('device-zero');
    const byPost = await identity.post([
      ['grant_type', 'password'],
      service,
      ['username', zeroUser],
      ['password', token],
      ['access_type', 'offline'],
    ]);
    expect(byPost.json<Answer>().refresh_token).toBe(token);
    const wrong = await identity.askForToken([service], `${zeroUser}:${adminPassword}`);
    expect([wrong.statusCode, (await lastEntry())?.reason]).toEqual([401, 'invalid-refresh-token']);
  });

  it('ends with the password that it came from: generated anew, deleted, or the token disabled or deleted', async () => {
    const replaced = await logIn('device-anew', await newPassword('device-anew'));
    await newPassword('device-anew');
    await expectInvalid(replaced, 'password-replaced');
    const removed = await logIn('device-gone', await newPassword('device-gone'));
    await identity.manage('DELETE', '/tokens/device-gone/passwords/1');
    await expectInvalid(removed, 'password-replaced');
    const disabled = await logIn('device-off', await newPassword('device-off'));
    await identity.manage('PATCH', '/tokens/device-off', { status: 'disabled' });
    await expectInvalid(disabled, 'disabled');
    await identity.manage('DELETE', '/tokens/device-off');
    await expectInvalid(disabled, 'unknown-token');
    await newPassword('device-off');
    await expectInvalid(disabled, 'unknown-token');
  });

  it('survives what is none of its business: the other password, new labels', async () => {
    const token = await logIn('device-keep', await newPassword('device-keep'));
    await identity.manage('POST', '/tokens/device-keep/passwords', { slot: 2 });
    await identity.manage('PATCH', '/tokens/device-keep', { labels: { site: 'b' } });
    expect((await refresh(token)).statusCode).toBe(200);
  });

  it('never outlives its credential, nor its own time', async () => {
    const soon = new Date(clock.read() + 10_000).toISOString();
    const short = await logIn('device-soon', await newPassword('device-soon', { expiresAt: soon }));
    const long = await logIn('device-long', await newPassword('device-long'));
    clock.advance(10_000);
    await expectInvalid(short, 'invalid-refresh-token');
    expect((await refresh(long)).statusCode).toBe(200);
    clock.advance(90 * 86_400_000);
    await expectInvalid(long, 'invalid-refresh-token');
  });

  it('A24 refuses an access token, and anything else, as a refresh token', async () => {
    const answer = await identity.askForToken([service, pull], `admin:${adminPassword}`);
    await expectInvalid(answer.json<Answer>().access_token, 'invalid-refresh-token');
    await expectInvalid('x', 'invalid-refresh-token');
    await expectInvalid('x'.repeat(10_000), 'invalid-refresh-token');
  });

  it('A23 is refused where an access token is expected', async () => {
    const token = await logIn('admin', adminPassword);
    expect(() => identity.verifier().verifyAccess(token, loginServer)).toThrow('not valid');
    expect(accessOf((await refresh(token)).json<Answer>()).sub).toBe(`user:${installation.adminUserId}`);
  });

  it('is exchanged for itself, and no access token is, whoever issued it', async () => {
    const token = await logIn('admin', adminPassword);
    const path = '/oauth2/exchange';
    const same = await identity.post([['grant_type', 'refresh_token'], service, ['refresh_token', token]], path);
    expect([same.statusCode, same.json()]).toEqual([200, { refresh_token: token }]);
    expect(await lastEntry()).toMatchObject({ event: 'token-issued', actor: { name: 'admin' } });
    const { access_token: access } = (await refresh(token)).json<Answer>();
    const other = await identity.post([['grant_type', 'access_token'], service, ['access_token', access]], path);
    expect([other.statusCode, other.json<{ error: string }>().error]).toEqual([400, 'invalid_grant']);
    expect(await lastEntry()).toMatchObject({ event: 'token-refused', reason: 'untrusted-issuer' });
    const unknown = await identity.post([['grant_type', 'x'], service], path);
    expect(unknown.json<{ error: string }>().error).toBe('unsupported_grant_type');
  });

  it('B26 appears in no entry and no log line', async () => {
    const token = await logIn('admin', adminPassword);
    await identity.askForToken([service], `${zeroUser}:${token}`);
    const bytes = (await identity.spoolBytes()).toString('latin1') + identity.logged();
    expect(bytes).not.toMatch(/eyJ/);
    expect(bytes).not.toContain(token.split('.')[2]);
  });
});
