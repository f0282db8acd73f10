/** Most things that one statement looks for; the rest take the next. */
const maxBatch = 64;

interface Waiting<Wanted, Found> extends PromiseWithResolvers<Found | null> {
  readonly wanted: Wanted;
}

/**
 * Looks for many things with one statement: requests that arrive in the same turn of the event loop, or while a statement
 * is under way, share the next one. A statement costs many times what one more row in it costs, on both sides. Nothing is
 * remembered: whoever asks is answered by a statement that was sent after it asked.
 */
export class BatchedLookup<Wanted, Found> {
  private readonly waiting = new Map<string, Waiting<Wanted, Found>>();
  private isRunning = false;

  /**
   * @param keyOf equal for equal wishes: these share one place in the statement
   * @param look what was found, by the place of the wish from 0; what is not in the map doesn't exist
   */
  constructor(
    private readonly keyOf: (wanted: Wanted) => string,
    private readonly look: (wanted: readonly Wanted[]) => Promise<ReadonlyMap<number, Found>>,
  ) {}

  /** @throws what `look` throws, to everyone who waits for that statement */
  find(wanted: Wanted): Promise<Found | null> {
    const key = this.keyOf(wanted);
    let place = this.waiting.get(key);
    if (place === undefined) {
      place = { wanted, ...Promise.withResolvers<Found | null>() };
      this.waiting.set(key, place);
    }
    if (!this.isRunning) {
      this.isRunning = true;
      setImmediate(() => void this.run());
    }
    return place.promise;
  }

  /** Never rejects; whoever waits gets the error. */
  private async run(): Promise<void> {
    while (this.waiting.size > 0) await this.runOnce();
    this.isRunning = false;
  }

  private async runOnce(): Promise<void> {
    const batch = this.takeBatch();
    try {
      const found = await this.look(batch.map(({ wanted }) => wanted));
      batch.forEach(({ resolve }, at) => resolve(found.get(at) ?? null));
    } catch (e) {
      for (const { reject } of batch) reject(e);
    }
  }

  private takeBatch(): readonly Waiting<Wanted, Found>[] {
    const batch: Waiting<Wanted, Found>[] = [];
    for (const [key, place] of this.waiting) {
      if (batch.length === maxBatch) break;
      batch.push(place);
      this.waiting.delete(key);
    }
    return batch;
  }
}
