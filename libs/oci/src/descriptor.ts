import { algorithmOf, isDigest } from './digest.js';
import type { Digest } from './digest.js';
import { digestOf } from './digester.js';
import { invalidManifest, readArray, readMediaType, readObject } from './manifest-document.js';
import type { JsonObject } from './manifest-document.js';
import { isNonDistributable } from './media-types.js';

/** A pointer from a manifest to other content. @source OCI image-spec 1.1 "Content Descriptors" */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes, 0 to 2^53 - 1. */
  readonly sizeBytes: number;
  /** Where content that may not be distributed can be got. Berth never fetches these. */
  readonly urls: readonly string[];
}

const known = ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType'];

/**
 * Reads one descriptor of a manifest; `where` names it in the refusal. Embedded `data` must be what the digest says.
 *
 * @throws AppError 'malformed' MANIFEST_INVALID
 */
export function readDescriptor(value: unknown, where: string): Descriptor {
  const object = readObject(value, where, known);
  const mediaType = readMediaType(object['mediaType'], `${where}.mediaType`);
  const digest = object['digest'];
  if (typeof digest !== 'string' || !isDigest(digest)) {
    throw invalidManifest(`${where}.digest is not a sha256 or sha512 digest`);
  }
  const sizeBytes = object['size'];
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw invalidManifest(`${where}.size is not a whole number of bytes`);
  }
  const descriptor = { mediaType, digest, sizeBytes, urls: readUrls(object, mediaType, where) };
  checkData(object['data'], descriptor, where);
  return descriptor;
}

/** Addresses only where the content can't be here, and only such that lead to no machine of a private network by number. */
function readUrls(object: JsonObject, mediaType: string, where: string): readonly string[] {
  const value = object['urls'];
  if (value === undefined || value === null) return [];
  const urls = readArray(value, `${where}.urls`, 10);
  if (urls.length > 0 && !isNonDistributable(mediaType)) {
    throw invalidManifest(`${where}.urls is only allowed on a non-distributable layer`);
  }
  return urls.map((url) => {
    if (typeof url === 'string' && isHttpsUrlWithHostName(url)) return url;
    throw invalidManifest(`${where}.urls has an entry that is not an https address with a host name`);
  });
}

function isHttpsUrlWithHostName(s: string): boolean {
  if (s.length > 2048 || !URL.canParse(s)) return false;
  const { protocol, hostname, username, password } = new URL(s);
  const isName = hostname.includes('.') && /[a-z]$/.test(hostname);
  return protocol === 'https:' && isName && username === '' && password === '';
}

function checkData(data: unknown, { digest, sizeBytes }: Descriptor, where: string): void {
  if (data === undefined || data === null) return;
  if (typeof data !== 'string') throw invalidManifest(`${where}.data is not a string`);
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length !== sizeBytes || digestOf(bytes, algorithmOf(digest)) !== digest) {
    throw invalidManifest(`${where}.data is not what its digest and size say`);
  }
}
