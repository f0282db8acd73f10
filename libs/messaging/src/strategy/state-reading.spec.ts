import { describe, expect, it } from 'vitest';
import { StateReading } from './state-reading.js';

let now = 0;
const clock = () => now;

function reading(partitions = 2): StateReading {
  now = 10_000;
  return new StateReading(partitions, clock);
}

describe('StateReading', () => {
  it('is caught up when each partition is read to the end of the start, in whichever order the news comes', () => {
    const early = reading();
    early.reached(0, 5);
    early.reached(1, 3);
    expect(early.caughtUp).toBe(false);
    early.described([
      { partition: 0, low: 0, high: 5 },
      { partition: 1, low: 0, high: 3 },
    ]);
    expect(early.caughtUp).toBe(true);

    const late = reading();
    late.described([
      { partition: 0, low: 0, high: 5 },
      { partition: 1, low: 0, high: 3 },
    ]);
    late.reached(0, 5);
    late.reached(1, 2);
    expect(late.caughtUp).toBe(false);
    late.reached(1, 3);
    expect(late.caughtUp).toBe(true);
  });

  it('takes an empty partition as read, also one that retention has emptied', () => {
    const state = reading();
    state.described([
      { partition: 0, low: 0, high: 0 },
      { partition: 1, low: 80, high: 80 },
    ]);
    expect(state.caughtUp).toBe(true);
  });

  it('takes what retention removed after the start as read: nobody can read it any more', () => {
    const state = reading(1);
    state.described([{ partition: 0, low: 0, high: 50 }]);
    expect(state.caughtUp).toBe(false);
    state.described([{ partition: 0, low: 60, high: 60 }]);
    expect(state.caughtUp).toBe(true);
  });

  it('does not move the end away: what is added later need not be read', () => {
    const state = reading(1);
    state.described([{ partition: 0, low: 0, high: 5 }]);
    state.described([{ partition: 0, low: 0, high: 500 }]);
    state.reached(0, 5);
    expect(state.caughtUp).toBe(true);
  });

  it('counts from the beginning again when the consumer does, until it was caught up once', () => {
    const state = reading(1);
    state.described([{ partition: 0, low: 0, high: 5 }]);
    state.reached(0, 4);
    state.restarted();
    state.described([{ partition: 0, low: 0, high: 9 }]);
    state.reached(0, 8);
    expect(state.caughtUp).toBe(false);
    state.reached(0, 9);
    state.restarted();
    expect(state.caughtUp).toBe(true);
  });

  it('is as silent as its most silent partition, from the start on', () => {
    const state = reading();
    now = 12_500;
    expect(state.silentForMs()).toBe(2_500);
    state.heard(0, 7);
    expect(state.silentForMs()).toBe(2_500);
    state.heard(1, 7);
    expect(state.silentForMs()).toBe(0);
    now = 13_000;
    state.heard(1, 8);
    expect(state.silentForMs()).toBe(500);
  });

  it('vouches for the lowest of the last heartbeats, also when an owner begins at a lower number again', () => {
    const state = reading();
    expect(state.safeChange()).toBe(0);
    state.heard(0, 100);
    expect(state.safeChange()).toBe(0);
    state.heard(1, 90);
    expect(state.safeChange()).toBe(90);
    state.heard(1, 3);
    expect(state.safeChange()).toBe(3);
  });
});
