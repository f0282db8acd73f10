import { describe, expect, it } from 'vitest';
import { UnknownNames } from './unknown-names.js';

describe('UnknownNames', () => {
  const names = new UnknownNames(Buffer.alloc(32, 1));

  it('gives the same name the same stand-in, which does not hold the name', () => {
    expect(names.standInFor('hunter2')).toMatch(/^unknown:[0-9a-f]{32}$/);
    expect(names.standInFor('hunter2')).toBe(names.standInFor('hunter2'));
    expect(names.standInFor('hunter3')).not.toBe(names.standInFor('hunter2'));
  });

  it('depends on the master key, so that nobody without it can try names', () => {
    expect(new UnknownNames(Buffer.alloc(32, 2)).standInFor('hunter2')).not.toBe(names.standInFor('hunter2'));
  });
});
