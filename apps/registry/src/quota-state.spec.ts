import { describe, expect, it } from 'vitest';
import { quotaStates } from './quota-state.js';

const stateOf = (limitBytes: number, usedBytes: number, reservedBytes = 0) => {
  const [state] = quotaStates([{ namespace: null, limitBytes }], [{ namespace: null, usedBytes, reservedBytes }]);
  if (state === undefined) throw new Error('no state');
  return state;
};

describe('how a quota stands', () => {
  it('has the room that is neither used nor reserved', () => {
    expect(stateOf(100, 60, 30)).toMatchObject({ usedBytes: 60, limitBytes: 100, roomBytes: 10 });
    expect(stateOf(100, 120)).toMatchObject({ roomBytes: -20 });
  });

  it('looks at each limit by the counter of its own place, and takes one that is not there as empty', () => {
    const limits = [
      { namespace: null, limitBytes: 100 },
      { namespace: 'team', limitBytes: 10 },
    ];
    const states = quotaStates(limits, [{ namespace: null, usedBytes: 7, reservedBytes: 1 }]);
    expect(states.map(({ roomBytes }) => roomBytes)).toEqual([92, 10]);
  });

  it.each([
    [100, 85, 1, true],
    [100, 85, 85, true],
    [100, 85, 0, false],
    [100, 84, 84, false],
    [100, 90, 5, false],
    [100, 90, 6, true],
    [0, 0, 0, false],
  ])('of %i bytes, %i used, the last %i of which brought it to 85 %: %s', (limit, used, last, isNear) => {
    expect(stateOf(limit, used).isNearAfter(last)).toBe(isNear);
  });
});
