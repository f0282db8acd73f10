import { describe, expect, it } from 'vitest';
import { parseActions, saysTheSame } from './scope-map-content.js';

const refusalOf = (line: string): unknown => {
  try {
    parseActions(['repositories/samples/nginx/content/read', line]);
    return null;
  } catch (e) {
    return e;
  }
};

describe('the actions of a scope map', () => {
  it.each([
    'repositories/samples/hello-world/content/read',
    'repositories/samples/*/content/write',
    'repositories/*/metadata/read',
    'repositories/content/read/content/delete',
  ])('may be %s', (line) => {
    expect(refusalOf(line)).toBeNull();
  });

  it.each([
    ['repositories/sample/*/teamA/content/read', /whole last part/],
    ['repositories/sample/teamA*/content/read', /whole last part/],
    ['repositories/sample/teamA/*/projectB/*/content/read', /only one \*/],
    ['repositories/*/*/content/read', /only one \*/],
    ['repositories/samples/nginx/content/*', /whole last part/],
    ['repositories/samples/nginx/metadata/delete', /ends with one of/],
    ['repositories/samples/nginx/pull', /ends with one of/],
    ['repositories/samples/nginx/scopeMaps/write', /ends with one of/],
    ['repositories/Samples/nginx/content/read', /lower case/],
    ['repositories//content/read', /lower case/],
    ['samples/nginx/content/read', /starts with "repositories\/"/],
    ['Repositories/samples/nginx/content/read', /starts with "repositories\/"/],
  ])('can not be %s', (line, why) => {
    expect(refusalOf(line)).toMatchObject({
      kind: 'malformed',
      code: 'invalid-action',
      detail: { line, index: 1 },
      message: expect.stringMatching(why) as unknown,
    });
    expect(refusalOf(line)).toMatchObject({ message: expect.stringContaining(JSON.stringify(line)) as unknown });
  });

  it('count once each', () => {
    const line = 'repositories/samples/nginx/content/read';
    expect(parseActions([line, line])).toHaveLength(1);
  });

  it('say the same in another order, and not with one more or another', () => {
    expect(saysTheSame(['a', 'b'], ['b', 'a'])).toBe(true);
    expect(saysTheSame(['a', 'b'], ['a'])).toBe(false);
    expect(saysTheSame(['a'], ['a', 'b'])).toBe(false);
    expect(saysTheSame(['a', 'b'], ['a', 'c'])).toBe(false);
  });
});
