/** How long a condition may take, and how often it is tried; both in milliseconds. */
export interface Patience {
  readonly withinMs: number;
  readonly everyMs?: number;
}

/**
 * Tries until `attempt` gives something else than null or throws no more, and returns that with the time it took.
 *
 * @throws the last error, or one that says that the condition did not hold in time
 */
export async function waitFor<T>(
  what: string,
  { withinMs, everyMs = 20 }: Patience,
  attempt: () => Promise<T | null>,
): Promise<{ value: T; tookMs: number }> {
  const startedAt = performance.now();
  let lastError: unknown = null;
  for (;;) {
    try {
      const value = await attempt();
      if (value !== null) return { value, tookMs: performance.now() - startedAt };
    } catch (error) {
      lastError = error;
    }
    if (performance.now() - startedAt > withinMs) {
      throw new Error(`${what}: not within ${withinMs} ms`, { cause: lastError });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
