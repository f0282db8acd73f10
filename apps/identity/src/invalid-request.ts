import { AppError } from '@berth/errors';

/** The caller contradicts itself, or asks for what isn't here. @source RFC 6749 section 5.2 */
export function invalidRequest(message: string): AppError {
  return new AppError({ kind: 'malformed', code: 'invalid_request', message });
}

/** A grant of a form is not good: whatever is wrong with it, in the same words. @source RFC 6749 section 5.2 */
export function invalidGrant(): AppError {
  return new AppError({ kind: 'unauthenticated', code: 'invalid_grant', message: 'the grant is not valid' });
}
