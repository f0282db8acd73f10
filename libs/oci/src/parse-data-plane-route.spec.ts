import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '@berth/errors';
import { parseDataPlaneRoute } from './parse-data-plane-route.js';

const sha256 = `sha256:${'a'.repeat(64)}`;
const sha512 = `sha512:${'b'.repeat(128)}`;
const noStart = { digest: null, mount: null, from: null, digestAlgorithm: null };
const noTags = { tags: [] };
const noPage = { n: null, last: null };
const tag = (name: string): unknown => ({ kind: 'tag', tag: name });
const byDigest = (digest: string): unknown => ({ kind: 'digest', digest });

function parse(line: string): unknown {
  const space = line.indexOf(' ');
  return parseDataPlaneRoute({ method: line.slice(0, space), url: line.slice(space + 1) });
}

function refusal(line: string): unknown {
  try {
    parse(line);
  } catch (e) {
    if (isAppError(e)) return `${e.kind} ${e.code}`;
    throw e;
  }
  return 'accepted';
}

describe('parseDataPlaneRoute', () => {
  it.each<[string, object]>([
    ['GET /v2/', { endpoint: 'base', method: 'GET' }],
    ['HEAD /v2/?x=1', { endpoint: 'base', method: 'HEAD' }],
    ['GET /v2/_catalog', { endpoint: 'catalog', method: 'GET', query: noPage }],
    ['GET /v2/_catalog?n=5&last=a%2Fb', { endpoint: 'catalog', method: 'GET', query: { n: 5, last: 'a/b' } }],
    ['GET /v2/a/manifests/v1', { endpoint: 'manifest', method: 'GET', name: 'a', reference: tag('v1'), query: noTags }],
    [
      `PUT /v2/a/b/manifests/${sha512}`,
      { endpoint: 'manifest', method: 'PUT', name: 'a/b', reference: byDigest(sha512), query: noTags },
    ],
    [
      `DELETE /v2/a/manifests/${sha256.replace(':', '%3A')}`,
      { endpoint: 'manifest', method: 'DELETE', name: 'a', reference: byDigest(sha256), query: noTags },
    ],
    [
      'HEAD /v2/a/manifests/v1?ns=docker.io&ns=%&tag=x',
      { endpoint: 'manifest', method: 'HEAD', name: 'a', reference: tag('v1'), query: noTags },
    ],
    [
      `PUT /v2/a/manifests/${sha512}?tag=v1&ns=docker.io&tag=v1%2E2&tag=v1`,
      { endpoint: 'manifest', method: 'PUT', name: 'a', reference: byDigest(sha512), query: { tags: ['v1', 'v1.2'] } },
    ],
    [
      'PUT /v2/a/manifests/v1?ns=docker.io',
      { endpoint: 'manifest', method: 'PUT', name: 'a', reference: tag('v1'), query: noTags },
    ],
    [`GET /v2/a/blobs/${sha256}`, { endpoint: 'blob', method: 'GET', name: 'a', digest: sha256 }],
    [`HEAD /v2/a/blobs/${sha256.replace(':', '%3a')}`, { endpoint: 'blob', method: 'HEAD', name: 'a', digest: sha256 }],
    ['POST /v2/a/blobs/uploads/', { endpoint: 'start-upload', method: 'POST', name: 'a', query: noStart }],
    [
      `POST /v2/a/blobs/uploads/?mount=${sha256}&from=b%2Fc`,
      { endpoint: 'start-upload', method: 'POST', name: 'a', query: { ...noStart, mount: sha256, from: 'b/c' } },
    ],
    [
      `POST /v2/a/blobs/uploads/?digest=${encodeURIComponent(sha512)}&digest-algorithm=sha512`,
      {
        endpoint: 'start-upload',
        method: 'POST',
        name: 'a',
        query: { ...noStart, digest: sha512, digestAlgorithm: 'sha512' },
      },
    ],
    [
      'PATCH /v2/a/blobs/uploads/id-1',
      { endpoint: 'upload', method: 'PATCH', name: 'a', uploadId: 'id-1', query: { digest: null } },
    ],
    [
      `PUT /v2/a/blobs/uploads/id-1?digest=${sha256}`,
      { endpoint: 'upload', method: 'PUT', name: 'a', uploadId: 'id-1', query: { digest: sha256 } },
    ],
    ['GET /v2/a/tags/list', { endpoint: 'tags', method: 'GET', name: 'a', query: noPage }],
    ['GET /v2/a/tags/list?n=0&last=v1', { endpoint: 'tags', method: 'GET', name: 'a', query: { n: 0, last: 'v1' } }],
    [
      `GET /v2/a/referrers/${sha256}?artifactType=application/vnd.x%2Bjson`,
      {
        endpoint: 'referrers',
        method: 'GET',
        name: 'a',
        digest: sha256,
        query: { ...noPage, artifactType: 'application/vnd.x+json' },
      },
    ],
  ])('reads %s', (line, expected) => {
    expect(parse(line)).toEqual(expected);
  });

  it.each<[string, object]>([
    ['GET /v2/a/blobs/uploads/b/tags/list', { endpoint: 'tags', name: 'a/blobs/uploads/b' }],
    ['GET /v2/a/blobs/uploads/tags/list', { endpoint: 'tags', name: 'a/blobs/uploads' }],
    ['GET /v2/x/manifests/y/tags/list/manifests/v1', { endpoint: 'manifest', name: 'x/manifests/y/tags/list' }],
    ['GET /v2/x/manifests/tags/list', { endpoint: 'tags', name: 'x/manifests' }],
    ['GET /v2/x/tags/manifests/list', { endpoint: 'manifest', name: 'x/tags', reference: tag('list') }],
    ['POST /v2/a/blobs/uploads/b/blobs/uploads/', { endpoint: 'start-upload', name: 'a/blobs/uploads/b' }],
    ['PATCH /v2/a/blobs/uploads/b/blobs/uploads/list', { endpoint: 'upload', name: 'a/blobs/uploads/b' }],
    [`GET /v2/manifests/blobs/${sha256}`, { endpoint: 'blob', name: 'manifests' }],
    [`GET /v2/v2/blobs/${sha256}`, { endpoint: 'blob', name: 'v2' }],
    ['GET /v2/tags/list/tags/list', { endpoint: 'tags', name: 'tags/list' }],
  ])('C5 reads %s one way only', (line, expected) => {
    expect(parse(line)).toMatchObject(expected);
  });

  it.each<[string, string]>([
    ['GET /v2/..%2f..%2fetc/manifests/x', 'malformed NAME_INVALID'],
    ['GET /v2/../../etc/manifests/x', 'malformed NAME_INVALID'],
    ['GET /v2/a/%252e/manifests/x', 'malformed NAME_INVALID'],
    ['GET /v2/a%2Fb/manifests/x', 'malformed NAME_INVALID'],
    ['GET /v2/%61/manifests/x', 'malformed NAME_INVALID'],
    ['GET /v2/a\\b/manifests/x', 'malformed NAME_INVALID'],
    ['GET /v2/a//b/manifests/x', 'malformed NAME_INVALID'],
    ['GET /v2//a/manifests/x', 'malformed NAME_INVALID'],
    ['GET /v2/manifests/x', 'malformed NAME_INVALID'],
    ['POST /v2/blobs/uploads/', 'malformed NAME_INVALID'],
    ['GET /v2/A/tags/list', 'malformed NAME_INVALID'],
    ['GET /v2/../..', 'not-found NAME_UNKNOWN'],
    ['GET /v2/a/b', 'not-found NAME_UNKNOWN'],
    ['GET /v2/a/tags/other', 'not-found NAME_UNKNOWN'],
    ['GET /v2/a/uploads/x', 'not-found NAME_UNKNOWN'],
    ['GET /v2/ablobs/uploads/x', 'not-found NAME_UNKNOWN'],
    ['GET /v2/blobs/a/uploads/x', 'malformed DIGEST_INVALID'],
    ['GET /v2/v2/_catalog', 'not-found NAME_UNKNOWN'],
    ['GET /v2/a/_catalog', 'not-found NAME_UNKNOWN'],
    ['GET /v2', 'not-found NAME_UNKNOWN'],
    ['GET /', 'not-found NAME_UNKNOWN'],
    ['GET *', 'not-found NAME_UNKNOWN'],
    ['GET http://other/v2/', 'not-found NAME_UNKNOWN'],
  ])('C1 refuses %s', (line, expected) => {
    expect(refusal(line)).toBe(expected);
  });

  it.each<[string, string]>([
    ['GET /v2/a/blobs/sha256:..%2f..%2fpasswd', 'malformed DIGEST_INVALID'],
    ['GET /v2/a/blobs/sha256:../../passwd', 'malformed DIGEST_INVALID'],
    [`GET /v2/a/blobs/${sha256}0`, 'malformed DIGEST_INVALID'],
    [`GET /v2/a/blobs/${sha256.toUpperCase()}`, 'malformed DIGEST_INVALID'],
    [`GET /v2/a/blobs/sha256%253A${'a'.repeat(64)}`, 'malformed DIGEST_INVALID'],
    [`GET /v2/a/blobs/%73ha256:${'a'.repeat(64)}`, 'malformed DIGEST_INVALID'],
    ['GET /v2/a/blobs/', 'malformed DIGEST_INVALID'],
    ['GET /v2/a/referrers/x', 'malformed DIGEST_INVALID'],
    [`GET /v2/a/manifests/md5:${'a'.repeat(32)}`, 'malformed DIGEST_INVALID'],
    ['PUT /v2/a/manifests/sha256:', 'malformed DIGEST_INVALID'],
    ['GET /v2/a/blobs/uploads/x%2fy', 'not-found BLOB_UPLOAD_UNKNOWN'],
  ])('C2 C3 refuses %s', (line, expected) => {
    expect(refusal(line)).toBe(expected);
  });

  it.each(['a'.repeat(129), '.x', '-x', 'a:b', 'a/b', '', 'a%2fb', 'a#b'])('C4 refuses the tag %j', (bad) => {
    expect(refusal(`PUT /v2/a/manifests/${bad}`)).toBe('malformed MANIFEST_INVALID');
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      expect(refusal(`${method} /v2/a/manifests/${bad}`)).toBe('not-found MANIFEST_UNKNOWN');
    }
  });

  it.each<[string, string]>([
    [`POST /v2/a/blobs/uploads/?mount=${sha256}&from=A`, 'malformed NAME_INVALID'],
    ['POST /v2/a/blobs/uploads/?from=a&from=b', 'malformed NAME_INVALID'],
    ['POST /v2/a/blobs/uploads/?from[]=b', 'malformed NAME_INVALID'],
    ['POST /v2/a/blobs/uploads/?%66rom=b', 'malformed NAME_INVALID'],
    ['POST /v2/a/blobs/uploads/?mount=x', 'malformed DIGEST_INVALID'],
    ['POST /v2/a/blobs/uploads/?digest-algorithm=md5', 'malformed DIGEST_INVALID'],
    [`PUT /v2/a/blobs/uploads/x?digest=${sha256}&digest=${sha256}`, 'malformed DIGEST_INVALID'],
    ['PUT /v2/a/blobs/uploads/x?digest=', 'malformed DIGEST_INVALID'],
    ['PUT /v2/a/blobs/uploads/x?digest=%', 'malformed DIGEST_INVALID'],
    [`PUT /v2/a/blobs/uploads/x?digest=${sha256}%0d%0aX:%20y`, 'malformed DIGEST_INVALID'],
    ['GET /v2/a/tags/list?n=-1', 'malformed SIZE_INVALID'],
    ['GET /v2/a/tags/list?n=abc', 'malformed SIZE_INVALID'],
    ['GET /v2/a/tags/list?n=', 'malformed SIZE_INVALID'],
    ['GET /v2/a/tags/list?n=1e3', 'malformed SIZE_INVALID'],
    ['GET /v2/a/tags/list?n=9999999999999999', 'malformed SIZE_INVALID'],
    ['GET /v2/a/tags/list?last=a&last=b', 'malformed NAME_INVALID'],
    ['GET /v2/a/tags/list?last=x%0d%0aSet-Cookie:%20a', 'malformed NAME_INVALID'],
    [`GET /v2/a/tags/list?last=${'x'.repeat(1025)}`, 'malformed NAME_INVALID'],
    [`GET /v2/a/tags/list?${'&'.repeat(5000)}`, 'malformed NAME_INVALID'],
    [`GET /v2/a/referrers/${sha256}?artifactType=x%0d%0a`, 'malformed NAME_INVALID'],
    [`GET /v2/a/referrers/${sha256}?artifactType=x`, 'malformed NAME_INVALID'],
  ])('C7 D5 D9 refuses %s', (line, expected) => {
    expect(refusal(line)).toBe(expected);
  });

  it('F19 takes 10 tags at once, and more are too large', () => {
    const pushed = (count: number, name = 'v') =>
      `PUT /v2/a/manifests/${sha256}?${Array.from({ length: count }, (_, i) => `tag=${name}${i}`).join('&')}`;
    expect(parse(pushed(10, 'x'.repeat(126)))).toMatchObject({ query: { tags: { length: 10 } } });
    for (const line of [pushed(11), pushed(1000), `PUT /v2/a/manifests/${sha256}?tag=a${'&tag=a'.repeat(10)}`]) {
      expect(refusal(line)).toBe('too-large NAME_INVALID');
    }
    expect(refusal(`PUT /v2/a/manifests/${sha256}?tag=${'%61'.repeat(1400)}`)).toBe('too-large NAME_INVALID');
  });

  it.each<[string, string]>([
    [`PUT /v2/a/manifests/${sha256}?tag=`, 'malformed MANIFEST_INVALID'],
    [`PUT /v2/a/manifests/${sha256}?tag=.x`, 'malformed MANIFEST_INVALID'],
    [`PUT /v2/a/manifests/${sha256}?tag=a%0d%0aOCI-Tag:%20b`, 'malformed MANIFEST_INVALID'],
    [`PUT /v2/a/manifests/${sha256}?tag=v1&tag=${sha256}`, 'malformed MANIFEST_INVALID'],
    [`PUT /v2/a/manifests/${sha256}?tag=${'a'.repeat(129)}`, 'malformed MANIFEST_INVALID'],
    [`PUT /v2/a/manifests/${sha256}?tag`, 'malformed MANIFEST_INVALID'],
    [`PUT /v2/a/manifests/${sha256}?tag[]=v1`, 'malformed NAME_INVALID'],
    [`PUT /v2/a/manifests/${sha256}?%74ag=v1`, 'malformed NAME_INVALID'],
    [`PUT /v2/a/manifests/v1?tag=v2`, 'malformed MANIFEST_INVALID'],
    [`PUT /v2/a/manifests/v1?tag=v1`, 'malformed MANIFEST_INVALID'],
  ])('C4 D5 refuses %s', (line, expected) => {
    expect(refusal(line)).toBe(expected);
  });

  it.each(['//v2/_catalog', '/v2/_catalog/', '/v2//_catalog', '/./v2/_catalog', '/V2/_catalog', '/v2/./_catalog'])(
    'C8 has no catalog at %s',
    (url) => {
      expect(refusal(`GET ${url}`)).toBe('not-found NAME_UNKNOWN');
    },
  );

  it.each<[string, string | null, string[]]>([
    ['POST /v2/', null, ['GET', 'HEAD']],
    ['DELETE /v2/_catalog', null, ['GET']],
    ['PROPFIND /v2/a/manifests/v1', 'a', ['GET', 'HEAD', 'PUT', 'DELETE']],
    ['get /v2/a/manifests/v1', 'a', ['GET', 'HEAD', 'PUT', 'DELETE']],
    [`PUT /v2/a/blobs/${sha256}`, 'a', ['GET', 'HEAD', 'DELETE']],
    ['GET /v2/a/blobs/uploads/', 'a', ['POST']],
    ['TRACE /v2/a/blobs/uploads/x', 'a', ['GET', 'PATCH', 'PUT', 'DELETE']],
    ['POST /v2/a/tags/list', 'a', ['GET']],
    [`PUT /v2/a/referrers/${sha256}`, 'a', ['GET']],
  ])('C9 says what %s could be instead', (line, name, allow) => {
    expect(parse(line)).toEqual({ endpoint: 'unsupported', method: line.split(' ')[0], name, allow });
  });

  it('reads back every name, whatever words it is made of', () => {
    const word = fc.constantFrom('blobs', 'uploads', 'manifests', 'tags', 'list', 'referrers', 'v2', 'a', 'b-c');
    const rest = fc.constantFrom(
      { after: 'manifests/v1', endpoint: 'manifest' },
      { after: `blobs/${sha256}`, endpoint: 'blob' },
      { after: 'blobs/uploads/list', endpoint: 'upload' },
      { after: 'tags/list', endpoint: 'tags' },
      { after: `referrers/${sha256}`, endpoint: 'referrers' },
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), rest, (words, { after, endpoint }) => {
        const name = words.join('/');

        expect(parse(`GET /v2/${name}/${after}`)).toMatchObject({ endpoint, name });
      }),
    );
  });

  it('C11 throws nothing but its own errors, whatever the address is', () => {
    const piece = fc.oneof(
      fc.constantFrom('/', 'v2', 'blobs', 'manifests', 'tags', 'list', '%', '%3A', '..', '?', '&', '=', 'n', sha256),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom('GET', 'PUT', 'POST', 'X'), (pieces, method) => {
        expect(refusal(`${method} /v2/${pieces.join('')}`)).toMatch(
          /^(?:accepted|malformed [A-Z_]+|not-found [A-Z_]+|too-large NAME_INVALID)$/,
        );
      }),
      { numRuns: 2000 },
    );
  });
});
