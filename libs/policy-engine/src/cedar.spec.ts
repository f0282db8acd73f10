import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cedarOf, loadCedar } from './cedar.suite.js';
import { decide } from './decide.js';
import { anyRequest, anyWorld, viewOfWorld } from './world.suite.js';

const cedar = await loadCedar();

describe.skipIf(cedar === null)('decide against Cedar', () => {
  it('says what Cedar says, in 100,000 cases', { timeout: 300_000 }, () => {
    if (cedar === null) throw new Error('Cedar is not installed');
    let asked = 0;
    fc.assert(
      fc.property(anyWorld, fc.array(anyRequest, { minLength: 100, maxLength: 100 }), (world, requests) => {
        const view = viewOfWorld(world);
        const isAllowedByCedar = cedarOf(cedar, world);
        for (const request of requests) {
          asked += 1;
          const { effect } = decide(view, request);
          if ((effect === 'allow') !== isAllowedByCedar(request)) {
            expect.fail(`the engine says ${effect}: ${JSON.stringify({ request, world })}`);
          }
        }
      }),
      { numRuns: 1_000, seed: 20_261_121 },
    );
    expect(asked).toBeGreaterThanOrEqual(100_000);
  });
});
