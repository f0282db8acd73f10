import { generateSecret } from '@berth/tokens';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { adminPassword, loginServer, type IdentityReplica, type StoppedClock } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';

const service = ['service', loginServer] as const;
const environment = {
  BERTH_LIMIT_FAILURES_PER_SOURCE: '5',
  BERTH_LIMIT_UNAUTHENTICATED_PER_SOURCE: '8',
  BERTH_LIMIT_TOKENS_PER_PRINCIPAL: '10',
  BERTH_LIMIT_TOKENS_PER_REGISTRY: '25',
};

describe('limits of the token endpoint', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let clock: StoppedClock;
  let password: string;
  /** A minute later everybody may come again. */
  const nextMinute = () => clock.advance(60_000);

  beforeAll(async () => {
    place = await IdentityPlace.start(
      (policy) => policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']),
      environment,
    );
    ({ identity, clock } = place);
    password = await newPassword('device-1');
  });
  afterAll(() => place.stop());
  beforeEach(nextMinute);

  async function newPassword(name: string): Promise<string> {
    await identity.manage('PUT', `/tokens/${name}`, { scopeMap: 'readers' });
    return (await identity.manage('POST', `/tokens/${name}/passwords`, { slot: 1 })).json().password;
  }

  /** Statuses of so many tries, one after the other. */
  async function statuses(times: number, credential: string | undefined, from = {}): Promise<number[]> {
    const all: number[] = [];
    for (let n = 0; n < times; n++) all.push((await identity.askForToken([service], credential, from)).statusCode);
    return all;
  }
  const times = (count: number, status: number): number[] => Array<number>(count).fill(status);

  it('B21 answers 429 with Retry-After to who guesses on, and locks nobody out who comes from elsewhere', async () => {
    const attacker = { address: '198.51.100.1' };
    expect(await statuses(20, 'admin:wrong password', attacker)).toEqual([...times(5, 401), ...times(15, 429)]);
    const refused = await identity.askForToken([service], 'admin:wrong password', attacker);
    expect(refused.json()).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(await statuses(1, `admin:${adminPassword}`, { address: '198.51.100.2' })).toEqual([200]);
  });

  it('B21 counts wrong passwords of many accounts, users and tokens alike, for the address they come from', async () => {
    const attacker = { address: '198.51.100.3' };
    const all: number[] = [];
    for (let n = 0; n < 10; n++) {
      const wrong = n % 2 === 0 ? 'wrong password' : generateSecret('brt');
      all.push((await identity.askForToken([service], `user-${n}:${wrong}`, attacker)).statusCode);
    }
    expect(all).toEqual([...times(5, 401), ...times(5, 429)]);
  });

  it('refuses no generated secret that is right for the failures of its address, and lets a user in after a while', async () => {
    const shared = { address: '198.51.100.4' };
    await statuses(10, 'admin:wrong password', shared);
    expect(await statuses(3, `device-1:${password}`, shared)).toEqual(times(3, 200));
    expect(await statuses(1, `admin:${adminPassword}`, shared)).toEqual([429]);
    clock.advance(12_000);
    expect(await statuses(3, `admin:${adminPassword}`, shared)).toEqual(times(3, 200));
  });

  it('lets no more guesses through when they come at once', async () => {
    const from = { address: '198.51.100.5' };
    const ask = () => identity.askForToken([service], 'admin:wrong password', from);
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(5);
  });

  it('B22 does not believe X-Forwarded-For of whoever comes, and takes a /64 for one source', async () => {
    const all: number[] = [];
    for (let n = 0; n < 8; n++) {
      const headers = { 'x-forwarded-for': `203.0.113.${n}`, forwarded: `for=203.0.113.${n}` };
      const from = { address: `2001:db8:1:2::${n}`, headers };
      all.push((await identity.askForToken([service], 'admin:wrong password', from)).statusCode);
    }
    expect(all).toEqual([...times(5, 401), ...times(3, 429)]);
    expect(await statuses(1, 'admin:wrong password', { address: '2001:db8:1:3::1' })).toEqual([401]);
  });

  it('counts a password that is right for nothing: a hundred good log-ins of one address pass', async () => {
    expect(await statuses(8, `admin:${adminPassword}`, { address: '198.51.100.6' })).toEqual(times(8, 200));
  });

  it('limits requests without a credential, apart from those with one', async () => {
    const from = { address: '198.51.100.7' };
    expect(await statuses(12, undefined, from)).toEqual([...times(8, 401), ...times(4, 429)]);
    expect(await statuses(1, `device-1:${password}`, from)).toEqual([200]);
  });

  it('limits what one principal gets, and no other with it', async () => {
    const other = await newPassword('device-2');
    nextMinute();
    expect(await statuses(12, `device-1:${password}`)).toEqual([...times(10, 200), ...times(2, 429)]);
    expect(await statuses(1, `device-2:${other}`)).toEqual([200]);
    expect((await identity.entries()).at(-2)).toMatchObject({ actor: { name: 'device-1' }, reason: 'principal-limit' });
  });

  it('limits what a registry gives, on which failures never draw', async () => {
    await statuses(20, 'nobody:wrong password', { address: '198.51.100.8' });
    await statuses(20, undefined, { address: '198.51.100.9' });
    const all: number[] = [];
    for (const name of ['device-3', 'device-4', 'device-5']) {
      all.push(...(await statuses(10, `${name}:${await newPassword(name)}`)));
    }
    expect(all).toEqual([...times(25, 200), ...times(5, 429)]);
  });

  it('slows log-ins to management alike', async () => {
    const all: number[] = [];
    for (let n = 0; n < 7; n++) all.push((await identity.logIn('admin:wrong password')).statusCode);
    expect(all).toEqual([...times(5, 401), ...times(2, 429)]);
  });

  it('enters 60 refusals of one source in a minute, and then their number', async () => {
    const before = (await identity.entries()).length;
    const from = { address: '198.51.100.10' };
    await statuses(100, `device-1:${generateSecret('brt')}`, from);
    expect((await identity.entries()).length - before).toBe(60);
    await identity.app.close();
    const last = (await identity.entries()).filter(({ reason }) => reason === 'refused-more');
    expect(last).toContainEqual(
      expect.objectContaining({ asked: 'count=40', source: expect.objectContaining({ address: '198.51.100.10' }) }),
    );
  });
});
