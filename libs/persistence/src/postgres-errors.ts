import { AppError } from '@berth/errors';
import { DatabaseError } from 'pg';

/** What Node's sockets and resolver say when nobody answers. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What `pg` says without a code when a connection can't be had or was lost. */
const connectionMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end on the pool',
];

/**
 * SQLSTATEs after which the same statement may succeed: lost connection (08), out of resources (53), cancelled or shut
 * down (57), i/o error (58), rolled back by the server (40), lock or idle timeouts, and a standby that was asked to write.
 *
 * @source PostgreSQL 18, appendix A "Error codes"
 */
const retryableClasses = ['08', '53', '57', '58', '40'];
const retryableStates = new Set(['55P03', '25P03', '25006']);

/**
 * Turns what the driver throws into AppError 'unavailable' (retry after 1 s, cause kept) when Postgres didn't answer;
 * anything else, such as a violated constraint, is given back as it is.
 */
export function asUnavailable(e: unknown): unknown {
  return isUnavailable(e)
    ? new AppError({ kind: 'unavailable', message: 'the database does not answer', retryAfterSeconds: 1, cause: e })
    : e;
}

/**
 * Whether a statement was refused because a row with the same unique value exists.
 *
 * @param constraint only this constraint or unique index; any when left out
 */
export function isUniqueViolation(e: unknown, constraint?: string): boolean {
  return e instanceof DatabaseError && e.code === '23505' && (constraint === undefined || e.constraint === constraint);
}

function isUnavailable(e: unknown): boolean {
  if (e instanceof DatabaseError) return isRetryableState(e.code ?? '');
  if (e instanceof AggregateError && e.errors.some(isUnavailable)) return true;
  if (!(e instanceof Error)) return false;
  if ('code' in e && typeof e.code === 'string' && networkCodes.has(e.code)) return true;
  return connectionMessages.some((message) => e.message.includes(message));
}

function isRetryableState(state: string): boolean {
  return retryableStates.has(state) || retryableClasses.includes(state.slice(0, 2));
}
