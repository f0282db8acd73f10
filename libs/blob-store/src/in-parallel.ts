/**
 * Runs `work` on every item, at most `limit` at once, in order of the items. Resolves or rejects when nothing runs any
 * more; after a failure it starts no further item.
 *
 * @throws the first error that `work` threw
 */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries();
  const failures: unknown[] = [];
  async function worker(): Promise<void> {
    for (const [index, item] of waiting) {
      try {
        await work(item, index);
      } catch (e) {
        failures.push(e);
      }
      if (failures.length > 0) return;
    }
  }
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length > 0) throw failures[0];
}
