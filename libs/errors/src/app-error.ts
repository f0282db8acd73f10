import type { ErrorKind } from './error-kind.js';

/**
 * What an {@link AppError} is made from. `message` is shown to callers: it names no secret and no other tenant's things.
 */
export interface AppErrorFields {
  readonly kind: ErrorKind;
  readonly message: string;
  /** Machine-readable reason in the boundary's vocabulary: an OCI code, or a word such as `unknown-scope-map`. */
  readonly code?: string | undefined;
  /** Shown to callers beside the message. */
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  /** Whole seconds after which the same request may succeed. */
  readonly retryAfterSeconds?: number | undefined;
  /** For logs only, never shown to callers. */
  readonly cause?: unknown;
}

/** The one error type that core code and use cases throw on purpose; anything else thrown is an unknown error. */
export class AppError extends Error {
  readonly kind: ErrorKind;
  // Declared only, so that a field which was not given is not there at all.
  declare readonly code?: string;
  declare readonly detail?: Readonly<Record<string, unknown>>;
  declare readonly retryAfterSeconds?: number;

  constructor(fields: AppErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'AppError';
    this.kind = fields.kind;
    if (fields.code !== undefined) this.code = fields.code;
    if (fields.detail !== undefined) this.detail = fields.detail;
    if (fields.retryAfterSeconds !== undefined) this.retryAfterSeconds = fields.retryAfterSeconds;
  }
}

/** Whether something caught is an {@link AppError}. */
export function isAppError(e: unknown): e is AppError {
  return e instanceof AppError;
}
