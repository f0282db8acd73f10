/** What {@link Pace} keeps time with. */
export interface PaceOptions {
  readonly bytesPerSecond: number;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  /** Resolves after so many milliseconds; rejects when the signal says to stop. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Most that may be taken at once after a pause, in seconds of the rate. */
const burstSeconds = 1;

/** A token bucket of bytes: whoever took more than there was waits until it is paid for. One taker at a time. */
export class Pace {
  private available: number;
  private filledAt: number;

  constructor(private readonly options: PaceOptions) {
    this.available = options.bytesPerSecond * burstSeconds;
    this.filledAt = options.clock();
  }

  async take(bytes: number, signal: AbortSignal): Promise<void> {
    this.fill();
    this.available -= bytes;
    if (this.available < 0) {
      await this.options.sleep((-this.available / this.options.bytesPerSecond) * 1000, signal);
    }
  }

  private fill(): void {
    const { bytesPerSecond, clock } = this.options;
    const now = clock();
    const earned = ((now - this.filledAt) / 1000) * bytesPerSecond;
    this.available = Math.min(bytesPerSecond * burstSeconds, this.available + earned);
    this.filledAt = now;
  }
}
