import type { IncomingMessage } from 'node:http';
import { AppError, isAppError } from '@berth/errors';
import { parseDataPlaneRoute, type DataPlaneRoute } from '@berth/oci';

/** Addresses of the slices. `-` is no repository name, so no client's address ever becomes one of these by itself. */
export const slicePaths = {
  base: '/v2/-/base',
  pullManifest: '/v2/-/pull-manifest',
  checkManifest: '/v2/-/check-manifest',
  pushManifest: '/v2/-/push-manifest',
  deleteManifest: '/v2/-/delete-manifest',
  pullBlob: '/v2/-/pull-blob',
  checkBlob: '/v2/-/check-blob',
  deleteBlob: '/v2/-/delete-blob',
  startUpload: '/v2/-/start-upload',
  appendUpload: '/v2/-/append-upload',
  finishUpload: '/v2/-/finish-upload',
  uploadStatus: '/v2/-/upload-status',
  cancelUpload: '/v2/-/cancel-upload',
  listTags: '/v2/-/list-tags',
  listReferrers: '/v2/-/list-referrers',
  listCatalog: '/v2/-/list-catalog',
  refuse: '/v2/-/refuse',
} as const;

type Received =
  | { readonly kind: 'route'; readonly route: DataPlaneRoute }
  /** No known address, or one with a bad name, tag, digest or query. */
  | { readonly kind: 'malformed'; readonly error: AppError };

const received = new WeakMap<IncomingMessage, Received>();

/**
 * Fastify's `rewriteUrl`: reads an address below `/v2` once, keeps what it means with the request, and gives the address of
 * the slice that answers it. So each slice is an ordinary controller although a repository's name contains slashes, and
 * what is authorised and what is served are one value.
 */
export function rewriteUrl(request: IncomingMessage): string {
  const { url = '/', method = '' } = request;
  if (!isDataPlane(url) && !isDisguised(url)) return url;
  try {
    const route = parseDataPlaneRoute({ method, url });
    received.set(request, { kind: 'route', route });
    return slicePathOf(route);
  } catch (e) {
    if (!isAppError(e)) throw e;
    received.set(request, { kind: 'malformed', error: e });
    return slicePaths.refuse;
  }
}

/** What the request asks for, as it was read when it arrived. @throws AppError with an OCI code for a malformed one */
export function routeOf(request: IncomingMessage): DataPlaneRoute {
  const found = received.get(request);
  if (found === undefined) throw new AppError({ kind: 'bug', message: 'a slice of the data plane without an address' });
  if (found.kind === 'malformed') throw found.error;
  return found.route;
}

/** As {@link routeOf}, for a slice that answers one endpoint. */
export function routeTo<E extends DataPlaneRoute['endpoint']>(
  request: IncomingMessage,
  endpoint: E,
): Extract<DataPlaneRoute, { endpoint: E }> {
  const route = routeOf(request);
  if (isEndpoint(route, endpoint)) return route;
  throw new AppError({ kind: 'bug', message: `a request for ${route.endpoint} reached the slice of ${endpoint}` });
}

function isEndpoint<E extends DataPlaneRoute['endpoint']>(
  route: DataPlaneRoute,
  endpoint: E,
): route is Extract<DataPlaneRoute, { endpoint: E }> {
  return route.endpoint === endpoint;
}

/** Whether an address is literally below `/v2`. */
export function isDataPlane(url: string): boolean {
  return url.startsWith('/v2/') || url === '/v2' || url.startsWith('/v2?');
}

/**
 * Whether the router could take for an address below `/v2` what is not literally one: it decodes the path, and leaves out
 * the server's name of an absolute address, after this. The parser knows none of them, so they are refused.
 */
function isDisguised(url: string): boolean {
  if (url.startsWith('/') && !url.includes('%')) return false;
  const [path = ''] = url.replace(/^https?:\/\/[^/]*/i, '').split(/[?#]/, 1);
  try {
    return isDataPlane(decodeURIComponent(path));
  } catch {
    return true;
  }
}

function slicePathOf(route: DataPlaneRoute): string {
  switch (route.endpoint) {
    case 'base':
      return slicePaths.base;
    case 'manifest':
      return manifestPaths[route.method];
    case 'blob':
      return blobPaths[route.method];
    case 'start-upload':
      return slicePaths.startUpload;
    case 'upload':
      return uploadPaths[route.method];
    case 'tags':
      return slicePaths.listTags;
    case 'referrers':
      return slicePaths.listReferrers;
    case 'catalog':
      return slicePaths.listCatalog;
    case 'unsupported':
      return slicePaths.refuse;
  }
}

const manifestPaths = {
  GET: slicePaths.pullManifest,
  HEAD: slicePaths.checkManifest,
  PUT: slicePaths.pushManifest,
  DELETE: slicePaths.deleteManifest,
} as const;

const blobPaths = { GET: slicePaths.pullBlob, HEAD: slicePaths.checkBlob, DELETE: slicePaths.deleteBlob } as const;

const uploadPaths = {
  GET: slicePaths.uploadStatus,
  PATCH: slicePaths.appendUpload,
  PUT: slicePaths.finishUpload,
  DELETE: slicePaths.cancelUpload,
} as const;
