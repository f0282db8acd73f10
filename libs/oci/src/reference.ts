import { isDigest } from './digest.js';
import type { Digest } from './digest.js';
import { ociError } from './oci-error.js';

declare const tagBrand: unique symbol;

/** A tag: 1 to 128 of `[A-Za-z0-9._-]` and `_`, not starting with `.` or `-`. */
export type Tag = string & { readonly [tagBrand]: true };

/** What stands after `/manifests/`: a tag or a digest. */
export type Reference =
  { readonly kind: 'tag'; readonly tag: Tag } | { readonly kind: 'digest'; readonly digest: Digest };

const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** `sha256:`, `md5:`, `SHA512:`: meant as a digest, so that it is refused as a digest and not as a tag. */
const digestLike = /^[A-Za-z]+[0-9][A-Za-z0-9+._-]*:/;

/** Whether `s` is a tag. @source OCI distribution-spec 1.1 "Pulling manifests" (`<reference>`) */
export function isTag(s: string): s is Tag {
  return tagPattern.test(s);
}

/** Whether `s` was meant as a digest, right or wrong: an algorithm name with a number, then a colon. */
export function looksLikeDigest(s: string): boolean {
  return digestLike.test(s);
}

/** @throws AppError 'malformed' MANIFEST_INVALID unless {@link isTag} (OCI has no code of its own for a bad tag) */
export function parseTag(s: string): Tag {
  if (isTag(s)) return s;
  throw ociError({ code: 'MANIFEST_INVALID', message: 'invalid tag' });
}

/**
 * Reads a tag or a digest; the two can't be confused, a tag has no colon.
 *
 * @throws AppError 'malformed' DIGEST_INVALID for what was meant as a digest, else MANIFEST_INVALID
 */
export function parseReference(s: string): Reference {
  if (isDigest(s)) return { kind: 'digest', digest: s };
  if (looksLikeDigest(s)) throw ociError({ code: 'DIGEST_INVALID', message: 'invalid digest' });
  return { kind: 'tag', tag: parseTag(s) };
}

/** A reference as it stands in an address. */
export function formatReference(reference: Reference): string {
  return reference.kind === 'tag' ? reference.tag : reference.digest;
}
