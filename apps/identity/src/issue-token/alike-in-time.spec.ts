import { generateSecret } from '@berth/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginServer, type IdentityReplica } from '../identity-app.suite.js';
import { IdentityPlace } from '../identity-place.suite.js';

/** Rounds of one try of each kind; kinds take turns, so that what else the machine does meets all of them. */
const rounds = { password: 60, secret: 500 };

/** A machine that is busy with something else is measured once more. */
const patience = { timeout: 60_000, retry: 2 };

describe('B19 who is unknown and who is refused take as long', () => {
  let place: IdentityPlace;
  let identity: IdentityReplica;

  beforeAll(async () => {
    place = await IdentityPlace.start(
      (policy) => policy.setScopeMap('readers', ['repositories/samples/hello-world/content/read']),
      { BERTH_LIMIT_FAILURES_PER_SOURCE: '0' },
    );
    ({ identity } = place);
    await identity.manage('PUT', '/tokens/device-1', { scopeMap: 'readers' });
    await identity.manage('POST', '/tokens/device-1/passwords', { slot: 1 });
    await identity.manage('PUT', '/tokens/device-2', { scopeMap: 'readers' });
    await identity.manage('POST', '/tokens/device-2/passwords', { slot: 1 });
    await identity.manage('PATCH', '/tokens/device-2', { status: 'disabled' });
  });
  afterAll(() => place.stop());

  async function timed(credential: string): Promise<number> {
    const from = performance.now();
    const answer = await identity.askForToken([['service', loginServer]], credential);
    expect(answer.statusCode).toBe(401);
    return performance.now() - from;
  }

  /** Times of each kind in ms, without the slowest fifth: those met something else. */
  async function measured(kinds: readonly (() => string)[], count: number): Promise<number[][]> {
    const times: number[][] = kinds.map(() => []);
    for (let round = 0; round < count + 5; round++) {
      for (const [n, credential] of kinds.entries()) {
        const ms = await timed(credential());
        if (round >= 5) times[n]?.push(ms);
      }
    }
    return times.map((each) => each.sort((a, b) => a - b).slice(0, Math.floor(each.length * 0.8)));
  }

  function expectAlike(times: readonly number[][]): void {
    const [first = [], ...others] = times;
    for (const other of others) {
      const difference = Math.abs(mean(first) - mean(other));
      // Either is enough: a difference that is small, or one that these many tries can't tell from none (|t| < 2.58, p > 0.01).
      const isSmall = difference / mean(first) < 0.05;
      expect(isSmall || difference / spread(first, other) < 2.58, `${mean(first)} ms and ${mean(other)} ms`).toBe(true);
    }
  }

  it('with the passwords that people choose, each of which costs the slow hash', patience, async () => {
    const kinds = [() => 'admin:wrong password', () => 'nobody:wrong password'];
    const times = await measured(kinds, rounds.password);
    expectAlike(times);
    // Without the hash an answer takes a few milliseconds at most.
    expect(mean(times[1] ?? [])).toBeGreaterThan(mean(times[0] ?? []) / 2);
  });

  it('with generated secrets', patience, async () => {
    const kinds = ['device-1', 'device-2', 'nobody'].map((name) => () => `${name}:${generateSecret('brt')}`);
    const times = await measured(kinds, rounds.secret);
    expectAlike(times);
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
}

/** Standard error of the difference of two means. @source Welch's t-test */
function spread(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(variance(a) / a.length + variance(b) / b.length);
}
