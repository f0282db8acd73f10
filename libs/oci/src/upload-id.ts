import { ociError } from './oci-error.js';

declare const uploadIdBrand: unique symbol;

/** The id of an upload session as it stands in an address: 1 to 128 of `[A-Za-z0-9_-]`. */
export type UploadId = string & { readonly [uploadIdBrand]: true };

const pattern = /^[A-Za-z0-9_-]{1,128}$/;

function isUploadId(s: string): s is UploadId {
  return pattern.test(s);
}

/** @throws AppError 'not-found' BLOB_UPLOAD_UNKNOWN for what can't be an id of a session */
export function parseUploadId(s: string): UploadId {
  if (isUploadId(s)) return s;
  throw ociError({ code: 'BLOB_UPLOAD_UNKNOWN' });
}
