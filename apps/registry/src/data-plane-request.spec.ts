import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { rewriteUrl, routeOf, routeTo, slicePaths } from './data-plane-request.js';

const digest = `sha256:${'a'.repeat(64)}`;

/** As much of a request as its address is read from. */
function request(method: string, url: string): IncomingMessage {
  return { method, url } as IncomingMessage;
}

describe('rewriteUrl', () => {
  it.each([
    ['GET', '/v2/', slicePaths.base],
    ['GET', '/v2/team/app/manifests/v1', slicePaths.pullManifest],
    ['HEAD', `/v2/team/app/manifests/${digest}`, slicePaths.checkManifest],
    ['PUT', '/v2/team/app/manifests/v1', slicePaths.pushManifest],
    ['GET', `/v2/a/blobs/${digest}`, slicePaths.pullBlob],
    ['HEAD', `/v2/a/blobs/${digest}`, slicePaths.checkBlob],
    ['POST', '/v2/a/blobs/uploads/', slicePaths.startUpload],
    ['PATCH', '/v2/a/blobs/uploads/x', slicePaths.appendUpload],
    ['PUT', `/v2/a/blobs/uploads/x?digest=${digest}`, slicePaths.finishUpload],
    ['GET', '/v2/a/blobs/uploads/x', slicePaths.uploadStatus],
    ['GET', '/v2/a/tags/list?n=1', slicePaths.listTags],
    ['DELETE', '/v2/a/manifests/v1', slicePaths.deleteManifest],
    ['DELETE', `/v2/a/blobs/${digest}`, slicePaths.deleteBlob],
    ['DELETE', '/v2/a/blobs/uploads/x', slicePaths.cancelUpload],
    ['GET', `/v2/a/referrers/${digest}`, slicePaths.listReferrers],
    ['PROPFIND', '/v2/a/manifests/v1', slicePaths.refuse],
    ['GET', '/v2/_catalog', slicePaths.listCatalog],
  ])('%s %s goes to %s', (method, url, path) => {
    expect(rewriteUrl(request(method, url))).toBe(path);
  });

  it('leaves what is not below /v2 alone', () => {
    for (const url of [
      '/health/live',
      '/metrics',
      '/',
      '/v20/x',
      '/V2/',
      '//v2/',
      '/a%20b',
      '/internal/x?after=%zz',
      '*',
    ]) {
      expect(rewriteUrl(request('GET', url))).toBe(url);
    }
  });

  it('gives nobody the address of a slice that was not meant', () => {
    for (const path of Object.values(slicePaths)) {
      expect(rewriteUrl(request('GET', path)), path).toBe(slicePaths.refuse);
    }
    expect(rewriteUrl(request('GET', '/v2/-/manifests/v1'))).toBe(slicePaths.refuse);
  });

  it.each([
    '/%762/-/pull-manifest',
    '/v%32/-/refuse',
    '/v%32',
    '/%76%32/?x=%',
    '/v2%2F',
    'http://x/v2/-/base',
    '/x%zz',
  ])('refuses %s, which only a second decoding would make an address of a slice', (url) => {
    const disguised = request('GET', url);
    expect(rewriteUrl(disguised)).toBe(slicePaths.refuse);
    expect(() => routeOf(disguised)).toThrow(expect.objectContaining({ code: 'NAME_UNKNOWN' }));
  });

  it('C1 keeps what was wrong with an address until it is answered', () => {
    const malformed = request('GET', '/v2/..%2f..%2fetc/manifests/x');
    expect(rewriteUrl(malformed)).toBe(slicePaths.refuse);
    expect(() => routeOf(malformed)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }));
  });

  it('C5 gives the slice the very value that the guard reads', () => {
    const odd = request('GET', '/v2/x/manifests/y/tags/list');
    rewriteUrl(odd);
    expect(routeTo(odd, 'tags').name).toBe('x/manifests/y');
    expect(routeTo(odd, 'tags')).toBe(routeOf(odd));
    expect(() => routeTo(odd, 'manifest')).toThrow('reached the slice');
  });
});
