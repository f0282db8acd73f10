import { expiryNotice, expiryNoticed } from '@berth/contracts';
import { Database } from '@berth/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginServer, type IdentityReplica, type StoppedClock } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';
import { NoticeExpiry } from './notice-expiry.js';

const dayMs = 86_400_000;

describe('expiry of passwords', () => {
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

  const inDays = (days: number): string => new Date(clock.read() + days * dayMs).toISOString();

  async function newPassword(name: string, token: object, password: object): Promise<string> {
    await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers', ...token });
    return (await identity.manage('POST', `/tokens/${name}/passwords`, { slot: 1, ...password })).json().password;
  }

  /** What is told by now, by two replicas' worth of runs at once. */
  async function told(): Promise<string[]> {
    const db = identity.app.get(Database);
    const before = await db.query(`select id from outbox where topic = '${expiryNoticed.name}'`);
    const notice = identity.app.get(NoticeExpiry);
    await Promise.all([notice.execute(), notice.execute()]);
    const rows = await db.query<{ data: unknown }>(
      `select data from outbox where topic = '${expiryNoticed.name}' order by id offset ${before.length}`,
    );
    return rows
      .map(({ data }) => expiryNotice.parse(data))
      .map(({ tokenName, daysLeft }) => `${tokenName} ${daysLeft}`)
      .sort();
  }

  it('is told 30, 7 and 1 days before, once each, of the password or of its whole token', async () => {
    await newPassword('device-a', {}, { expiresAt: inDays(31) });
    await newPassword('device-b', { expiresAt: inDays(8) }, { expiresAt: inDays(400) });
    await newPassword('device-c', {}, {});
    await newPassword('device-d', { status: 'disabled' }, { expiresAt: inDays(3) });
    expect(await told()).toEqual(['device-b 30']);
    clock.advance(2 * dayMs);
    expect(await told()).toEqual(['device-a 30', 'device-b 7']);
    expect(await told()).toEqual([]);
    clock.advance(5.5 * dayMs);
    expect(await told()).toEqual(['device-b 1']);
    clock.advance(dayMs);
    expect(await told()).toEqual([]);
  });

  it('is told anew when the end is moved, or the password generated anew', async () => {
    await newPassword('device-e', {}, { expiresAt: inDays(20) });
    expect(await told()).toEqual(['device-e 30']);
    await newPassword('device-e', {}, { expiresAt: inDays(25) });
    expect(await told()).toEqual(['device-e 30']);
    await identity.manage('PATCH', '/tokens/device-e', { expiresAt: inDays(5) });
    expect(await told()).toEqual(['device-e 7']);
    await identity.manage('PATCH', '/tokens/device-e', { expiresAt: null });
    expect(await told()).toEqual(['device-e 30']);
  });

  it('is said in a warning of the token answer, by GET and POST, from 30 days before', async () => {
    const password = await newPassword('device-w', {}, { expiresAt: inDays(31) });
    const ask = async () =>
      (await identity.askForToken([['service', loginServer]], `device-w:${password}`)).headers['warning'];
    expect(await ask()).toBeUndefined();
    const end = inDays(31);
    clock.advance(2 * dayMs);
    expect(await ask()).toBe(`299 - "the password of this log-in ends at ${end}"`);
    const form = await identity.post([
      ['grant_type', 'password'],
      ['service', loginServer],
      ['username', 'device-w'],
      ['password', password],
    ]);
    expect(form.headers['warning']).toContain(end);
  });
});
