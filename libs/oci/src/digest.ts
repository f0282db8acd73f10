import { ociError } from './oci-error.js';

declare const digestBrand: unique symbol;

/** A content digest, `sha256:` + 64 or `sha512:` + 128 lower-case hex digits. Nothing else is accepted anywhere. */
export type Digest = string & { readonly [digestBrand]: true };

/** The digest algorithms that Berth accepts. */
export type DigestAlgorithm = 'sha256' | 'sha512';

const pattern = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** Whether `s` is a digest of a known algorithm with the exact length. @source OCI image-spec 1.1 "Digests" */
export function isDigest(s: string): s is Digest {
  return pattern.test(s);
}

/** @throws AppError 'malformed' DIGEST_INVALID unless {@link isDigest} */
export function parseDigest(s: string): Digest {
  if (isDigest(s)) return s;
  throw ociError({ code: 'DIGEST_INVALID', message: 'invalid digest' });
}

/** Whether `s` names an algorithm that Berth accepts. */
export function isDigestAlgorithm(s: string): s is DigestAlgorithm {
  return s === 'sha256' || s === 'sha512';
}

/** The algorithm in front of a digest's colon. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512';
}

/** The hex digits after a digest's colon. */
export function hexOf(digest: Digest): string {
  return digest.slice(7);
}
