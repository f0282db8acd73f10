import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { algorithmOf, hexOf, isDigest, parseDigest } from './digest.js';
import { createDigester, digestOf } from './digester.js';
import { formatReference, isTag, parseReference, parseTag } from './reference.js';
import { isRepositoryName, parseRepositoryName } from './repository-name.js';
import { parseUploadId } from './upload-id.js';

const hex64 = 'a'.repeat(64);

describe('repository names', () => {
  it.each([
    'a',
    'app',
    'team/app',
    'a/b/c/d/e',
    'samples/hello-world',
    'a.b',
    'a_b',
    'a__b',
    'a-b',
    'a---b',
    '0/1',
    'registry.example.com/team/app',
    'a/blobs/uploads/b',
    'x/manifests/y/tags/list',
    'a'.repeat(255),
  ])('accepts %j', (name) => {
    expect(parseRepositoryName(name)).toBe(name);
  });

  it.each([
    '',
    '.',
    '..',
    '/',
    '/a',
    'a/',
    'a//b',
    'a/../b',
    './a',
    'a/.',
    'a.',
    '.a',
    '-a',
    'a-',
    '_a',
    'a_',
    'a___b',
    'a..b',
    'a._b',
    'TEAM/app',
    'Team/app',
    'tеam/app',
    'ａpp',
    'a b',
    'a\tb',
    'a\n',
    'a\r\nb',
    'a\0',
    'a\\b',
    'a%2fb',
    '%252e',
    'team/*',
    'team/a?p',
    '^.*$',
    'team/(app|x)',
    'a"b',
    'a:b',
    'host:5000/team/app',
    'a,b',
    'a@b',
    'a'.repeat(256),
    'ı',
    'ſ',
  ])('B8 B9 B10 refuses %j', (name) => {
    expect(isRepositoryName(name)).toBe(false);
    expect(() => parseRepositoryName(name)).toThrow(
      expect.objectContaining({ kind: 'malformed', code: 'NAME_INVALID' }),
    );
  });

  it('answers a long hostile name without backtracking', () => {
    const before = process.threadCpuUsage();
    for (let i = 0; i < 1000; i++) isRepositoryName(`${'a-'.repeat(127)}!`);
    isRepositoryName(`${'a'.repeat(10_000_000)}!`);

    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(500);
  });

  it('agrees with the grammar of the specification on any string of its alphabet', () => {
    const component = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab0._-/'), maxLength: 20 }), (s) => {
        expect(isRepositoryName(s)).toBe(s.split('/').every((part) => component.test(part)));
      }),
    );
  });
});

describe('digests', () => {
  it.each([`sha256:${hex64}`, `sha512:${'0'.repeat(128)}`])('accepts %s', (digest) => {
    expect(parseDigest(digest)).toBe(digest);
  });

  it.each([
    '',
    'sha256:',
    `sha256:${hex64.slice(1)}`,
    `sha256:${hex64}a`,
    `sha256:${'A'.repeat(64)}`,
    `SHA256:${hex64}`,
    `sha256:${'g'.repeat(64)}`,
    `sha512:${hex64}`,
    `sha384:${'a'.repeat(96)}`,
    `md5:${'a'.repeat(32)}`,
    `sha256-${hex64}`,
    ` sha256:${hex64}`,
    `sha256:${hex64}\n`,
    `sha256:${hex64}?x`,
    'sha256:../../passwd',
    hex64,
  ])('C3 refuses %j', (digest) => {
    expect(isDigest(digest)).toBe(false);
    expect(() => parseDigest(digest)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }));
  });

  it('names the algorithm and the hex digits', () => {
    const digest = parseDigest(`sha512:${'0'.repeat(128)}`);

    expect(algorithmOf(digest)).toBe('sha512');
    expect(algorithmOf(parseDigest(`sha256:${hex64}`))).toBe('sha256');
    expect(hexOf(digest)).toBe('0'.repeat(128));
  });

  it('computes the known digests of nothing', () => {
    const empty = new Uint8Array();

    expect(digestOf(empty)).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(digestOf(empty, 'sha512')).toMatch(/^sha512:cf83e1357eefb8bd/);
  });

  it('gives the same digest however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), fc.constantFrom('sha256', 'sha512'), (chunks, algorithm) => {
        const digester = createDigester(algorithm);
        for (const chunk of chunks) digester.update(chunk);

        expect(digester.digest()).toBe(digestOf(Buffer.concat(chunks), algorithm));
      }),
    );
  });
});

describe('references', () => {
  it.each(['latest', 'v1', '_x', '1', 'A.b-C_d', 'sha256-abc.sig', 'a'.repeat(128)])('accepts the tag %j', (tag) => {
    expect(parseTag(tag)).toBe(tag);
    expect(parseReference(tag)).toEqual({ kind: 'tag', tag });
  });

  it.each(['', '.x', '-x', 'a:b', 'a/b', 'a b', 'a\n', 'ü', 'a%2fb', 'a'.repeat(129)])(
    'C4 refuses the tag %j',
    (tag) => {
      expect(isTag(tag)).toBe(false);
      expect(() => parseTag(tag)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
      expect(() => parseReference(tag)).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }));
    },
  );

  it('reads a digest as a digest, right or wrong', () => {
    const reference = parseReference(`sha256:${hex64}`);

    expect(reference).toEqual({ kind: 'digest', digest: `sha256:${hex64}` });
    expect(formatReference(reference)).toBe(`sha256:${hex64}`);
    expect(formatReference(parseReference('v1'))).toBe('v1');
    for (const bad of ['sha256:', 'SHA256:ab', `md5:${'a'.repeat(32)}`, `sha256:${hex64}0`]) {
      expect(() => parseReference(bad)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }));
    }
  });
});

describe('upload ids', () => {
  it('accepts a uuid and refuses what could be a path', () => {
    expect(parseUploadId('01981c4e-7b0e-7c51-9b1c-5b2f1e7f0a11')).toBe('01981c4e-7b0e-7c51-9b1c-5b2f1e7f0a11');
    for (const bad of ['', '..', 'a/b', 'a.b', 'a%00', 'x'.repeat(129), 'a\n']) {
      expect(() => parseUploadId(bad)).toThrow(
        expect.objectContaining({ kind: 'not-found', code: 'BLOB_UPLOAD_UNKNOWN' }),
      );
    }
  });
});
