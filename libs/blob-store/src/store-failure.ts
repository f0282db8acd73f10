import { AppError, isAppError } from '@berth/errors';

const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What S3 servers call it; AWS has always room. */
const noRoomInS3 = new Set(['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage']);

/** The error code of a failed system call, or null. */
export function systemCodeOf(e: unknown): string | null {
  return e instanceof Error && 'code' in e && typeof e.code === 'string' ? e.code : null;
}

/** What the callers of a blob store get instead of a system error; see {@link BlobStore}. */
export function storeFailure(cause: unknown): AppError {
  if (isAppError(cause)) return cause;
  const isFull = noRoom.has(systemCodeOf(cause) ?? '') || (cause instanceof Error && noRoomInS3.has(cause.name));
  return new AppError({
    kind: 'unavailable',
    code: isFull ? 'blob-store-full' : 'blob-store-failed',
    message: isFull ? 'there is no room left for blobs' : 'the blob store does not answer',
    retryAfterSeconds: isFull ? 60 : 5,
    cause,
  });
}
