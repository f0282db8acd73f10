import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexActionLines } from './action-line-index.js';
import { parseActionLine } from './action-line.js';
import type { ActionLine } from './action-line.js';
import { narrows } from './narrows.js';
import { everyRepository, isRepositoryPattern, parseRepositoryPattern, patternCovers } from './repository-pattern.js';

const pattern = parseRepositoryPattern;

function lines(...texts: string[]): ActionLine[] {
  return texts.map((text) => parseActionLine(`repositories/${text}`));
}

describe('repository patterns', () => {
  it.each(['*', 'a', 'a/b', 'a/*', 'team/sub/*', `${'a'.repeat(253)}/*`])('accepts %s', (s) => {
    expect(parseRepositoryPattern(s)).toBe(s);
  });

  it.each(['', '/*', '**', '*/', 'a*', 'a/b*', '*/a', 'a/*/b', 'a/*/*', 'A/*', 'a//*', '../*', `${'a'.repeat(254)}/*`])(
    'refuses %j',
    (s) => {
      expect(isRepositoryPattern(s)).toBe(false);
      expect(() => parseRepositoryPattern(s)).toThrow(
        expect.objectContaining({ kind: 'malformed', code: 'invalid_pattern' }),
      );
    },
  );

  it.each<[string, string, boolean]>([
    ['team/app', 'team/app', true],
    ['team/app', 'team/app2', false],
    ['team/app', 'team/app/x', false],
    ['team/app', 'team/*', false],
    ['team/*', 'team/app', true],
    ['team/*', 'team/a/b/c', true],
    ['team/*', 'team', false],
    ['team/*', 'team-evil/app', false],
    ['team/*', 'teamevil/app', false],
    ['team/*', 'x/team/app', false],
    ['team/*', 'team/*', true],
    ['team/*', 'team/sub/*', true],
    ['team/sub/*', 'team/*', false],
    ['team/*', '*', false],
    ['*', 'anything/at/all', true],
    ['*', 'team/*', true],
    ['*', '*', true],
  ])('B11 %s on %s: %s', (granted, wanted, expected) => {
    expect(patternCovers(pattern(granted), pattern(wanted))).toBe(expected);
    const index = indexActionLines([{ pattern: pattern(granted), action: 'content/read' }]);
    expect(index.covers({ pattern: pattern(wanted), action: 'content/read' })).toBe(expected);
  });
});

const segment = fc.constantFrom('a', 'b', 'a-b', 'ab');
const name = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('/'));
const anyPattern = fc
  .oneof(
    name,
    name.map((each) => `${each}/*`),
    fc.constant('*'),
  )
  .map(pattern);
const action = fc.constantFrom('content/read' as const, 'content/write' as const);
const anyLine = fc.record({ pattern: anyPattern, action });
const anyLines = fc.array(anyLine, { maxLength: 8 });

describe('set algebra', () => {
  it('covers a pattern exactly when it covers every name of it', () => {
    const names = fc.array(name, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(anyPattern, anyPattern, names, (granted, wanted, samples) => {
        if (!patternCovers(granted, wanted)) return;
        for (const each of samples.map(pattern)) {
          if (patternCovers(wanted, each)) expect(patternCovers(granted, each)).toBe(true);
        }
      }),
    );
  });

  it('finds a name outside whenever it does not cover a pattern', () => {
    fc.assert(
      fc.property(anyPattern, anyPattern, (granted, wanted) => {
        if (patternCovers(granted, wanted)) return;
        const inside = wanted === '*' ? 'zz' : wanted.replace('*', 'zz');

        expect(patternCovers(wanted, pattern(inside))).toBe(true);
        expect(patternCovers(granted, pattern(inside))).toBe(false);
      }),
    );
  });

  it('the index says what its lines say one by one', () => {
    fc.assert(
      fc.property(anyLines, anyLine, (all, wanted) => {
        const oneByOne = all.some(
          (each) => each.action === wanted.action && patternCovers(each.pattern, wanted.pattern),
        );

        expect(indexActionLines(all).covers(wanted)).toBe(oneByOne);
      }),
    );
  });

  it('an index of nothing covers nothing', () => {
    expect(indexActionLines([]).covers({ pattern: everyRepository, action: 'content/read' })).toBe(false);
  });
});

describe('narrows', () => {
  it.each<[string, ActionLine[], ActionLine[], boolean]>([
    ['nothing to nothing', [], [], false],
    ['something new', [], lines('a/content/read'), false],
    [
      'the same in another order',
      lines('a/content/read', 'b/content/read'),
      lines('b/content/read', 'a/content/read'),
      false,
    ],
    ['a line twice to once', lines('a/content/read', 'a/content/read'), lines('a/content/read'), false],
    ['a name to its prefix', lines('team/a/content/read'), lines('team/*/content/read'), false],
    ['anything to everything', lines('team/*/content/read', 'a/content/read'), lines('*/content/read'), false],
    [
      'a line that another covered',
      lines('team/a/content/read', 'team/*/content/read'),
      lines('team/*/content/read'),
      false,
    ],
    ['an action gone', lines('a/content/read', 'a/content/write'), lines('a/content/read'), true],
    ['an action for another', lines('a/content/read'), lines('a/content/write'), true],
    ['everything gone', lines('a/content/read'), [], true],
    ['a prefix to a name of it', lines('team/*/content/read'), lines('team/a/content/read'), true],
    [
      'a prefix to narrower prefixes',
      lines('a/*/content/read'),
      lines('a/b/*/content/read', 'a/c/*/content/read'),
      true,
    ],
    ['everything to a prefix', lines('*/content/read'), lines('team/*/content/read'), true],
    ['a prefix to a longer word', lines('team/*/content/read'), lines('team-evil/*/content/read'), true],
  ])('%s', (_, before, after, expected) => {
    expect(narrows(before, after)).toBe(expected);
  });

  it('says no only if nobody loses anything', () => {
    fc.assert(
      fc.property(anyLines, anyLines, name.map(pattern), action, (before, after, repository, wanted) => {
        const had = indexActionLines(before).covers({ pattern: repository, action: wanted });
        const has = indexActionLines(after).covers({ pattern: repository, action: wanted });

        if (!narrows(before, after)) expect(had && !has).toBe(false);
      }),
    );
  });

  it('says yes only if somebody loses something', () => {
    fc.assert(
      fc.property(anyLines, anyLines, (before, after) => {
        const index = indexActionLines(after);
        const isLost = before.some(({ pattern: each, action: held }) => {
          const sample = each === '*' ? 'zz' : each.replace('*', 'zz');
          return !index.covers({ pattern: pattern(sample), action: held });
        });

        expect(narrows(before, after)).toBe(isLost);
      }),
    );
  });

  it('adding lines never narrows, and nothing narrows to itself', () => {
    fc.assert(
      fc.property(anyLines, anyLines, (before, more) => {
        expect(narrows(before, [...more, ...before])).toBe(false);
      }),
    );
  });
});
