import type { AppError } from '@berth/errors';
import { ociError } from '@berth/oci';

/** The session is unknown, or another repository's or principal's: nobody can tell which. */
export function unknownUpload(): AppError {
  return ociError({ code: 'BLOB_UPLOAD_UNKNOWN' });
}

/** The bytes don't continue where the upload is; the answer says where that is. 416. */
export function outOfOrder(): AppError {
  return ociError({
    code: 'BLOB_UPLOAD_INVALID',
    kind: 'conflict',
    message: 'the chunk does not continue where the upload is, or another request is writing to it',
  });
}

/** The bytes are not what the digest says; the upload is gone. */
export function wrongDigest(): AppError {
  return ociError({ code: 'DIGEST_INVALID' });
}

/** The body is longer or shorter than its headers say. */
export function wrongSize(): AppError {
  return ociError({ code: 'SIZE_INVALID' });
}

/** The body comes so slowly that it only holds a connection. */
export function tooSlow(): AppError {
  return ociError({ code: 'BLOB_UPLOAD_INVALID', message: 'the bytes arrive too slowly' });
}

/** The body ended before its end. */
export function brokenOff(): AppError {
  return ociError({ code: 'BLOB_UPLOAD_INVALID', message: 'the connection broke before the end of the body' });
}

/** The principal has as many uploads open as it may. 429. */
export function tooManyUploads(): AppError {
  return ociError({
    code: 'TOOMANYREQUESTS',
    message: 'too many open uploads: finish or cancel some',
    retryAfterSeconds: 60,
  });
}
