import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import { isAllowedNaively } from './naive-oracle.suite.js';
import { anyRequest, anyWorld, viewOfWorld } from './world.suite.js';

describe('decide against an oracle', () => {
  it('says what a naive reading of the records says, in 100,000 cases', () => {
    let allowed = 0;
    let asked = 0;
    fc.assert(
      fc.property(anyWorld, fc.array(anyRequest, { minLength: 50, maxLength: 50 }), (world, requests) => {
        const view = viewOfWorld(world);
        for (const request of requests) {
          const isAllowed = decide(view, request).effect === 'allow';
          asked += 1;
          if (isAllowed) allowed += 1;
          if (isAllowed !== isAllowedNaively(world, request)) {
            expect.fail(`the engine says ${isAllowed}: ${JSON.stringify({ request, world })}`);
          }
        }
      }),
      { numRuns: 2_000, seed: 20_261_121 },
    );
    // Both answers were given, often.
    expect(asked).toBeGreaterThanOrEqual(100_000);
    expect(Math.min(allowed, asked - allowed)).toBeGreaterThan(3_000);
  });
});
