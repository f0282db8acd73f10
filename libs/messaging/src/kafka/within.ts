import { AppError } from '@berth/errors';

/**
 * Waits for an answer, but not longer than a limit. What is waited for goes on in the background; its late failure is
 * nobody's business any more.
 *
 * @throws AppError 'unavailable' naming `what` after `ms` milliseconds
 */
export async function within<Value>(ms: number, what: string, answer: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new AppError({ kind: 'unavailable', message: `${what}: no answer in ${ms} ms`, retryAfterSeconds: 1 }));
  }, ms);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => undefined);
  }
}
