import { AppError } from '@berth/errors';

/** The one refusal of a token. `why` is for the log; the caller learns of it only what helps an honest one. */
export function invalidToken(why: string, cause?: unknown, message = 'the token is not valid'): AppError {
  return new AppError({
    kind: 'unauthenticated',
    code: 'invalid_token',
    message,
    cause: new Error(`token refused: ${why}`, cause === undefined ? undefined : { cause }),
  });
}
