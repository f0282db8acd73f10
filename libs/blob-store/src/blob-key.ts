import { AppError } from '@berth/errors';

declare const blobKeyBrand: unique symbol;

/** Where bytes lie in a blob store: unique to one upload, never a digest, never used twice. */
export type BlobKey = string & { readonly [blobKeyBrand]: true };

const pattern = /^[a-z0-9][a-z0-9-]{6,62}[a-z0-9]$/;

/**
 * Reads a key as it stands in a blob row: 8 to 64 of a-z, 0-9 and `-`, so that it is a safe file name and object name.
 *
 * @throws AppError 'bug' for anything else: keys are made by Berth, never by a client
 */
export function parseBlobKey(s: string): BlobKey {
  if (isBlobKey(s)) return s;
  throw new AppError({ kind: 'bug', message: 'not a key of a blob store' });
}

function isBlobKey(s: string): s is BlobKey {
  return pattern.test(s);
}
