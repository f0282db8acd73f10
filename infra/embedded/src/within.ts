import { setTimeout as delay } from 'node:timers/promises';

/** Whether something is over within a time; it goes on in any case. */
export async function withinMs(limitMs: number, event: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const timeout = delay(limitMs, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([event.then(() => true), timeout]);
  } finally {
    timer.abort();
  }
}

/** What is waited for, and for how long at most. */
export interface Condition {
  readonly limitMs: number;
  readonly everyMs?: number;
  readonly holds: () => boolean | Promise<boolean>;
}

/** Tries a condition until it holds; false when it did not within the limit. */
export async function becomesTrue({ limitMs, everyMs = 20, holds }: Condition): Promise<boolean> {
  const endAt = performance.now() + limitMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > endAt) return false;
    await delay(everyMs);
  }
}
