import { describe, expect, it } from 'vitest';
import { isTagPattern, tagPatternCovers } from './tag-pattern.js';

describe('patterns of tags', () => {
  it.each([
    ['v1', 'v1', true],
    ['v1', 'v10', false],
    ['v*', 'v10', true],
    ['v*', 'v', true],
    ['v*', 'V1', false],
    ['*', 'latest', true],
  ])('%s and %s: %s', (pattern, tag, isCovered) => {
    expect(isTagPattern(pattern)).toBe(true);
    expect(tagPatternCovers(pattern, tag)).toBe(isCovered);
  });

  it.each(['', '*v', 'v*1', 'v**', '.v', '-v', 'a/b', 'a:b', 'x'.repeat(129), 'v\n'])('%j is none', (text) => {
    expect(isTagPattern(text)).toBe(false);
  });
});
