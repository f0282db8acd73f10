import { AppError } from '@berth/errors';

const expired = 'the token has expired';

/** The one refusal of a token. `why` is for the log; the caller learns of it only what helps an honest one. */
export function invalidToken(why: string, cause?: unknown, message = 'the token is not valid'): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'invalid_token',
    message,
    cause: new Error(`token refused: ${why}`, cause === undefined ? undefined : { cause }),
  });
}

/** The refusal of a token that was good, and is over. */
export function expiredToken(): AppError {
  return invalidToken('expired', undefined, expired);
}

/** Whether a token was refused for its end alone: it is of identity, and was good once. */
export function isExpired(refusal: AppError): boolean {
  return refusal.code === 'invalid_token' && refusal.message === expired;
}
