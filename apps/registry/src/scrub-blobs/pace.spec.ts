import { describe, expect, it } from 'vitest';
import { Pace } from './pace.js';

function paceOf(bytesPerSecond: number) {
  let now = 0;
  const slept: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    slept.push(ms);
    now += ms;
    return Promise.resolve();
  };
  const pace = new Pace({ bytesPerSecond, clock: () => now, sleep });
  const { signal } = new AbortController();
  return {
    take: (bytes: number) => pace.take(bytes, signal),
    pass: (ms: number) => (now += ms),
    now: () => now,
    slept,
  };
}

describe('a pace', () => {
  it('lets a second of the rate through at once, then no more than the rate', async () => {
    const { take, now, slept } = paceOf(1_000);
    await take(1_000);
    expect(slept).toEqual([]);
    for (let i = 0; i < 10; i++) await take(500);
    expect(now()).toBe(5_000);
  });

  it('earns nothing beyond a second in a long pause', async () => {
    const { take, pass, slept } = paceOf(1_000);
    pass(3_600_000);
    await take(1_500);
    expect(slept).toEqual([500]);
  });

  it('makes whoever takes much at once wait for all of it', async () => {
    const { take, slept } = paceOf(1_000);
    await take(11_000);
    expect(slept).toEqual([10_000]);
  });

  it('hands on that the wait was broken off', async () => {
    const sleep = (_: number, signal: AbortSignal) => Promise.reject(signal.reason as Error);
    const pace = new Pace({ bytesPerSecond: 1, clock: () => 0, sleep });
    await expect(pace.take(10, AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping');
  });
});
