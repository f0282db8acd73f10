import { AppError } from '@berth/errors';
import type { ErrorKind } from '@berth/errors';

/** Every error code a data-plane answer may carry; there are no others. @source OCI distribution-spec 1.1 "Error Codes" */
export type OciErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS';

/** One row of {@link ociCodes}. */
export interface OciCode {
  readonly code: OciErrorCode;
  /** The kind an error of this code has unless the thrower says otherwise. */
  readonly kind: ErrorKind;
  readonly defaultMessage: string;
}

function row(code: OciErrorCode, kind: ErrorKind, defaultMessage: string): OciCode {
  return { code, kind, defaultMessage };
}

/**
 * The OCI codes with their kinds and default messages. `UNSUPPORTED` is 'malformed' although it is answered with 405:
 * the table from codes to statuses is in `libs/http`. The message of `DENIED` is what docker users search for.
 */
export const ociCodes: Readonly<Record<OciErrorCode, OciCode>> = {
  BLOB_UNKNOWN: row('BLOB_UNKNOWN', 'not-found', 'blob unknown to registry'),
  BLOB_UPLOAD_INVALID: row('BLOB_UPLOAD_INVALID', 'malformed', 'blob upload invalid'),
  BLOB_UPLOAD_UNKNOWN: row('BLOB_UPLOAD_UNKNOWN', 'not-found', 'blob upload unknown to registry'),
  DIGEST_INVALID: row('DIGEST_INVALID', 'malformed', 'provided digest did not match uploaded content'),
  MANIFEST_BLOB_UNKNOWN: row('MANIFEST_BLOB_UNKNOWN', 'malformed', 'manifest references a blob unknown to registry'),
  MANIFEST_INVALID: row('MANIFEST_INVALID', 'malformed', 'manifest invalid'),
  MANIFEST_UNKNOWN: row('MANIFEST_UNKNOWN', 'not-found', 'manifest unknown to registry'),
  NAME_INVALID: row('NAME_INVALID', 'malformed', 'invalid repository name'),
  NAME_UNKNOWN: row('NAME_UNKNOWN', 'not-found', 'repository name not known to registry'),
  SIZE_INVALID: row('SIZE_INVALID', 'malformed', 'provided length did not match content length'),
  UNAUTHORIZED: row('UNAUTHORIZED', 'unauthenticated', 'authentication required'),
  DENIED: row('DENIED', 'denied', 'requested access to the resource is denied'),
  UNSUPPORTED: row('UNSUPPORTED', 'malformed', 'the operation is unsupported'),
  TOOMANYREQUESTS: row('TOOMANYREQUESTS', 'rate-limited', 'too many requests'),
};

/** What an {@link ociError} is made from. */
export interface OciErrorFields {
  readonly code: OciErrorCode;
  /** Default: the code's own message. */
  readonly message?: string | undefined;
  /** Default: the code's kind. `DENIED` for a valid token without the right is 'unauthenticated', say. */
  readonly kind?: ErrorKind | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** An {@link AppError} whose `code` is an OCI code, with that code's kind and message unless given. */
export function ociError(fields: OciErrorFields): AppError {
  const { kind, defaultMessage } = ociCodes[fields.code];
  return new AppError({ ...fields, kind: fields.kind ?? kind, message: fields.message ?? defaultMessage });
}
