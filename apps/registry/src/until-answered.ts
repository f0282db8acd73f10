import { isAppError } from '@berth/errors';
import pRetry from 'p-retry';

/** How long a request waits for a Postgres that gives no answer, a restart for instance. */
const patience = { retries: 20, minTimeout: 50, maxTimeout: 500, maxRetryTime: 5_000 } as const;

/**
 * Reads again while Postgres gives no answer, for 5 s at most.
 *
 * @throws AppError 'unavailable' then; any other error at once
 */
export function untilAnswered<T>(read: () => Promise<T>): Promise<T> {
  const shouldRetry = ({ error }: { error: Error }) => isAppError(error) && error.kind === 'unavailable';
  return pRetry(read, { ...patience, shouldRetry });
}
