import { describe, expect, it } from 'vitest';
import { returnPath } from './return-path.js';

describe('returnPath', () => {
  it.each(['/', '/registries/local', '/repositories/samples%2Fhello?tab=tags&x=1'])('keeps %s', (path) =>
    expect(returnPath(path)).toBe(path),
  );

  it.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https:evil.example',
    'https://evil.example',
    '/%09/evil.example',
    '/\t/evil.example',
    '/a//evil.example',
    '/%5cevil.example',
    '/%0d%0aSet-Cookie:x',
    "/'><script>",
    '/"onload=',
    '/#fragment',
    'javascript:alert(1)',
    ' /',
    '',
    `/${'a'.repeat(600)}`,
    undefined,
    null,
    ['/a', '/b'],
    { toString: () => '/a' },
  ])('I3 stays on / for %j', (path) => expect(returnPath(path)).toBe('/'));
});
