import type { ProcessRecords } from './process-records.js';
import { withinMs } from './within.js';

/** What ends a start that is under way. */
export interface Start {
  readonly signal: AbortSignal;
  readonly records: ProcessRecords;
}

/**
 * Waits for works that start processes. When one fails, or the signal comes, it ends every process there is, so that the
 * other works end as well and leave nothing behind.
 *
 * @throws the first failure, or the signal's reason
 */
export async function together<const Works extends readonly Promise<unknown>[]>(
  { signal, records }: Start,
  works: Works,
): Promise<{ -readonly [K in keyof Works]: Awaited<Works[K]> }> {
  try {
    return await Promise.race([Promise.all(works), rejectionOf(signal)]);
  } catch (failure) {
    await records.endAlive();
    // A work may have been about to start a process.
    await withinMs(20_000, Promise.allSettled(works));
    await records.endAlive();
    throw failure;
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
