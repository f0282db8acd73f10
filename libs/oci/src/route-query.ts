import type { ManifestQuery, PageQuery, ReferrersQuery, StartUploadQuery, UploadQuery } from './data-plane-route.js';
import { isDigest, isDigestAlgorithm } from './digest.js';
import type { Digest, DigestAlgorithm } from './digest.js';
import { isMediaType } from './media-types.js';
import { ociError } from './oci-error.js';
import type { OciErrorCode } from './oci-error.js';
import { parseTag } from './reference.js';
import { isRepositoryName } from './repository-name.js';
import type { RepositoryName } from './repository-name.js';

/** Longest query string of an endpoint that reads one, in characters. */
const maxQueryLength = 4096;

/** Most tags of one push. @source OCI distribution-spec, development version, "Pushing Manifests" (at least 10) */
const maxTags = 10;

const noPage: PageQuery = { n: null, last: null };
const noStartUpload: StartUploadQuery = { digest: null, mount: null, from: null, digestAlgorithm: null };
const noUpload: UploadQuery = { digest: null };
const noReferrers: ReferrersQuery = { ...noPage, artifactType: null };

/** Nothing beside the address. */
export const noManifestQuery: ManifestQuery = { tags: [] };

/**
 * Reads `?tag=` of a push, the one parameter that may stand more than once.
 *
 * @throws AppError 'malformed' MANIFEST_INVALID for what is no tag, 'too-large' NAME_INVALID for more than 10
 */
export function readManifestQuery(query: string): ManifestQuery {
  if (query === '') return noManifestQuery;
  const named = query.split('&').filter((part) => part.startsWith('tag='));
  if (named.length > maxTags || query.length > maxQueryLength) throw tooManyTags();
  const tags = readPairs(query).flatMap(([name, value]) => (name === 'tag' ? [parseTag(value)] : []));
  return { tags: [...new Set(tags)] };
}

function tooManyTags(): Error {
  return ociError({ code: 'NAME_INVALID', kind: 'too-large', message: `more than ${maxTags} tags at once` });
}

/** @throws AppError 'malformed' */
export function readPageQuery(query: string): PageQuery {
  if (query === '') return noPage;
  const parameters = readParameters(query);
  return { n: readCount(parameters), last: readText(parameters, 'last') };
}

/** @throws AppError 'malformed' */
export function readReferrersQuery(query: string): ReferrersQuery {
  if (query === '') return noReferrers;
  const parameters = readParameters(query);
  const artifactType = readText(parameters, 'artifactType');
  if (artifactType !== null && !isMediaType(artifactType)) throw invalidParameter('artifactType');
  return { n: readCount(parameters), last: readText(parameters, 'last'), artifactType };
}

/** @throws AppError 'malformed' */
export function readStartUploadQuery(query: string): StartUploadQuery {
  if (query === '') return noStartUpload;
  const parameters = readParameters(query);
  return {
    digest: readDigest(parameters, 'digest'),
    mount: readDigest(parameters, 'mount'),
    from: readName(parameters),
    digestAlgorithm: readAlgorithm(parameters),
  };
}

/** @throws AppError 'malformed' */
export function readUploadQuery(query: string): UploadQuery {
  if (query === '') return noUpload;
  return { digest: readDigest(readParameters(query), 'digest') };
}

/** Decoded values of a query string by name; no name stands twice, so no other reader can see another value. */
function readParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of readPairs(query)) {
    if (parameters.has(name)) throw invalidParameter(name);
    parameters.set(name, value);
  }
  return parameters;
}

/**
 * Splits a query string into names, none of which is encoded, and decoded values. A `+` is a plus: media types have it,
 * and nothing here has a space.
 */
function readPairs(query: string): readonly (readonly [name: string, value: string])[] {
  if (query.length > maxQueryLength) throw invalidParameter('query');
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      const name = equals === -1 ? part : part.slice(0, equals);
      if (!/^[\w.-]{1,64}$/.test(name)) throw invalidParameter(name);
      return [name, equals === -1 ? '' : decode(part.slice(equals + 1), name)] as const;
    });
}

function decode(value: string, name: string): string {
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    throw invalidParameter(name, cause);
  }
}

function readCount(parameters: ReadonlyMap<string, string>): number | null {
  const value = parameters.get('n');
  if (value === undefined) return null;
  if (!/^[0-9]{1,15}$/.test(value)) throw invalidParameter('n');
  return Number(value);
}

function readText(parameters: ReadonlyMap<string, string>, name: string): string | null {
  const value = parameters.get(name);
  if (value === undefined || value === '') return null;
  if (value.length > 1024 || !/^[\x20-\x7e]*$/.test(value)) throw invalidParameter(name);
  return value;
}

function readDigest(parameters: ReadonlyMap<string, string>, name: 'digest' | 'mount'): Digest | null {
  const value = parameters.get(name);
  if (value === undefined) return null;
  if (!isDigest(value)) throw invalidParameter(name);
  return value;
}

function readName(parameters: ReadonlyMap<string, string>): RepositoryName | null {
  const value = parameters.get('from');
  if (value === undefined) return null;
  if (!isRepositoryName(value)) throw invalidParameter('from');
  return value;
}

function readAlgorithm(parameters: ReadonlyMap<string, string>): DigestAlgorithm | null {
  const value = parameters.get('digest-algorithm');
  if (value === undefined) return null;
  if (!isDigestAlgorithm(value)) throw invalidParameter('digest-algorithm');
  return value;
}

/** The nearest code of the OCI list, which has none for a query. */
const codes = new Map<string, OciErrorCode>([
  ['digest', 'DIGEST_INVALID'],
  ['mount', 'DIGEST_INVALID'],
  ['digest-algorithm', 'DIGEST_INVALID'],
  ['n', 'SIZE_INVALID'],
]);

function invalidParameter(name: string, cause?: unknown): Error {
  const shown = JSON.stringify(name.slice(0, 64));
  const message = `invalid or repeated query parameter ${shown}`;
  return ociError({ code: codes.get(name) ?? 'NAME_INVALID', message, cause });
}
