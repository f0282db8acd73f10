import type { AppError } from '@berth/errors';
import type { DataPlaneRoute, UnsupportedRoute } from './data-plane-route.js';
import { isDigest, parseDigest } from './digest.js';
import type { Digest } from './digest.js';
import { ociError } from './oci-error.js';
import { isTag, looksLikeDigest } from './reference.js';
import type { Reference } from './reference.js';
import { parseRepositoryName } from './repository-name.js';
import type { RepositoryName } from './repository-name.js';
import {
  noManifestQuery,
  readManifestQuery,
  readPageQuery,
  readReferrersQuery,
  readStartUploadQuery,
  readUploadQuery,
} from './route-query.js';
import { parseUploadId } from './upload-id.js';

const root = '/v2/';
const tagTwice = 'tags can be named in the query only when the manifest is pushed by digest';

/** A request as its first line has it. */
export interface DataPlaneRequest {
  readonly method: string;
  /** Path and query, still encoded: `/v2/team/app/tags/list?n=10`. */
  readonly url: string;
}

/**
 * The one reader of addresses below `/v2/`: what is authorised and what is served both come from its answer. It reads
 * from the right, so each address has one meaning whatever words a repository's name contains, and it decodes nothing
 * but `%3A` in a digest: an encoded character anywhere else in the path is refused as not being part of a name.
 *
 * @returns the route; `unsupported` for a known address with a method that it doesn't have
 * @throws AppError with the OCI code that fits: NAME_INVALID, DIGEST_INVALID, MANIFEST_UNKNOWN or (PUT) MANIFEST_INVALID
 *   for a bad tag, BLOB_UPLOAD_UNKNOWN, SIZE_INVALID for a bad `n`, 'too-large' NAME_INVALID for more than 10 tags at once,
 *   and 'not-found' NAME_UNKNOWN for no known address
 * @source OCI distribution-spec 1.1 "Endpoints"; its development version for `?tag=`
 */
export function parseDataPlaneRoute({ method, url }: DataPlaneRequest): DataPlaneRoute {
  const queryAt = url.indexOf('?');
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const query = queryAt === -1 ? '' : url.slice(queryAt + 1);
  if (!path.startsWith(root)) throw noSuchAddress(method, path);

  const lastAt = path.lastIndexOf('/');
  const lastButOneAt = path.lastIndexOf('/', lastAt - 1);
  const last = path.slice(lastAt + 1);
  switch (path.slice(lastButOneAt + 1, lastAt)) {
    case 'manifests':
      return manifestRoute(method, nameBefore(path, lastButOneAt), { last, query });
    case 'blobs':
      return blobRoute(method, nameBefore(path, lastButOneAt), last);
    case 'uploads':
      if (!path.endsWith('/blobs', lastButOneAt)) break;
      return uploadRoute(method, nameBefore(path, lastButOneAt - '/blobs'.length), { id: last, query });
    case 'tags':
      if (last !== 'list') break;
      return tagsRoute(method, nameBefore(path, lastButOneAt), query);
    case 'referrers':
      return referrersRoute(method, nameBefore(path, lastButOneAt), { digest: last, query });
    case 'v2':
      if (path === root) return baseRoute(method);
      if (path === '/v2/_catalog') return catalogRoute(method, query);
      break;
  }
  throw noSuchAddress(method, path);
}

/** The name between `/v2/` and `end`; empty, and so refused, when the word after it stands directly behind `/v2/`. */
function nameBefore(path: string, end: number): RepositoryName {
  return parseRepositoryName(path.slice(root.length, end));
}

function baseRoute(method: string): DataPlaneRoute {
  if (method === 'GET' || method === 'HEAD') return { endpoint: 'base', method };
  return unsupported(method, null, ['GET', 'HEAD']);
}

function catalogRoute(method: string, query: string): DataPlaneRoute {
  if (method === 'GET') return { endpoint: 'catalog', method, query: readPageQuery(query) };
  return unsupported(method, null, ['GET']);
}

function manifestRoute(
  method: string,
  name: RepositoryName,
  { last, query }: { readonly last: string; readonly query: string },
): DataPlaneRoute {
  if (method === 'PUT') return pushRoute(name, readReference(method, last), query);
  if (method === 'GET' || method === 'HEAD' || method === 'DELETE') {
    return { endpoint: 'manifest', method, name, reference: readReference(method, last), query: noManifestQuery };
  }
  return unsupported(method, name, ['GET', 'HEAD', 'PUT', 'DELETE']);
}

function pushRoute(name: RepositoryName, reference: Reference, queryString: string): DataPlaneRoute {
  const query = readManifestQuery(queryString);
  // Which of the two it shall be known by: refused, so that no client takes one for both.
  if (reference.kind === 'tag' && query.tags.length > 0)
    throw ociError({ code: 'MANIFEST_INVALID', message: tagTwice });
  return { endpoint: 'manifest', method: 'PUT', name, reference, query };
}

function blobRoute(method: string, name: RepositoryName, last: string): DataPlaneRoute {
  if (method === 'GET' || method === 'HEAD' || method === 'DELETE') {
    return { endpoint: 'blob', method, name, digest: readDigest(last) };
  }
  return unsupported(method, name, ['GET', 'HEAD', 'DELETE']);
}

function uploadRoute(
  method: string,
  name: RepositoryName,
  { id, query }: { readonly id: string; readonly query: string },
): DataPlaneRoute {
  if (id === '') {
    if (method === 'POST') return { endpoint: 'start-upload', method, name, query: readStartUploadQuery(query) };
    return unsupported(method, name, ['POST']);
  }
  const uploadId = parseUploadId(id);
  if (method === 'GET' || method === 'PATCH' || method === 'PUT' || method === 'DELETE') {
    return { endpoint: 'upload', method, name, uploadId, query: readUploadQuery(query) };
  }
  return unsupported(method, name, ['GET', 'PATCH', 'PUT', 'DELETE']);
}

function tagsRoute(method: string, name: RepositoryName, query: string): DataPlaneRoute {
  if (method === 'GET') return { endpoint: 'tags', method, name, query: readPageQuery(query) };
  return unsupported(method, name, ['GET']);
}

function referrersRoute(
  method: string,
  name: RepositoryName,
  { digest, query }: { readonly digest: string; readonly query: string },
): DataPlaneRoute {
  if (method === 'GET') {
    return { endpoint: 'referrers', method, name, digest: readDigest(digest), query: readReferrersQuery(query) };
  }
  return unsupported(method, name, ['GET']);
}

function unsupported(method: string, name: RepositoryName | null, allow: readonly string[]): UnsupportedRoute {
  return { endpoint: 'unsupported', method, name, allow };
}

function readDigest(segment: string): Digest {
  return parseDigest(decodeColon(segment));
}

function readReference(method: string, segment: string): Reference {
  const s = decodeColon(segment);
  if (isDigest(s)) return { kind: 'digest', digest: s };
  if (isTag(s)) return { kind: 'tag', tag: s };
  throw looksLikeDigest(s) ? ociError({ code: 'DIGEST_INVALID', message: 'invalid digest' }) : badTag(method);
}

/** The one character that clients encode although they need not. */
function decodeColon(segment: string): string {
  return segment.includes('%') ? segment.replace(/%3a/i, ':') : segment;
}

/** What can't be a tag can't exist, and can't be made. */
function badTag(method: string): AppError {
  if (method === 'PUT') return ociError({ code: 'MANIFEST_INVALID', message: 'invalid tag' });
  return ociError({ code: 'MANIFEST_UNKNOWN' });
}

/** A tag or digest with a slash in it is answered as the bad tag or digest that it is. */
function noSuchAddress(method: string, path: string): AppError {
  if (path.includes('/manifests/')) return badTag(method);
  if (path.includes('/blobs/')) return ociError({ code: 'DIGEST_INVALID', message: 'invalid digest' });
  return ociError({ code: 'NAME_UNKNOWN', message: 'no such address' });
}
