import { AppError, isAppError } from '@berth/errors';

/** What Nest and Fastify throw: an error that knows its own status. */
interface StatusError {
  readonly statusCode?: unknown;
  readonly status?: unknown;
  readonly code?: unknown;
}

/**
 * The error that a caller may be told of: the one thrown on purpose, or what the frameworks refuse by themselves (unknown
 * route, unreadable JSON, body too large). Null for everything else, which is ours to find and nobody else's to see.
 */
export function knownError(thrown: unknown): AppError | null {
  if (isAppError(thrown)) return thrown;
  if (typeof thrown !== 'object' || thrown === null) return null;
  const { statusCode, status } = thrown as StatusError;
  switch (typeof statusCode === 'number' ? statusCode : status) {
    case 400:
      return new AppError({
        kind: 'malformed',
        code: 'malformed-body',
        message: 'the body is not readable JSON',
        cause: thrown,
      });
    case 404:
      return new AppError({
        kind: 'not-found',
        code: 'unknown-address',
        message: 'there is nothing at this address',
        cause: thrown,
      });
    case 413:
      return new AppError({
        kind: 'too-large',
        code: 'too-large',
        message: 'the body is larger than 1 MiB',
        cause: thrown,
      });
    case 415:
      return new AppError({
        kind: 'malformed',
        code: 'unsupported-media-type',
        message: 'the body must be JSON, with content-type: application/json',
        cause: thrown,
      });
    default:
      return null;
  }
}
