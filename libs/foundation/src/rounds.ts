/**
 * Does something again and again beside the requests, with a pause after each time. Replicas that start together don't run
 * together: the work of one is then not done again by the others.
 */
export class Rounds {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  /**
   * @param everyMs the pause, give or take a fifth; 0 = never
   * @param round must not reject: whatever goes wrong, the service goes on
   */
  constructor(
    private readonly everyMs: number,
    private readonly round: (signal: AbortSignal) => Promise<void>,
  ) {}

  start(): void {
    if (this.everyMs > 0) this.schedule();
  }

  /** Resolves once the round under way has ended; its signal tells it to. */
  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    const waitMs = this.everyMs * (0.8 + 0.4 * Math.random());
    this.timer = setTimeout(() => {
      this.running = this.runOnce();
    }, waitMs);
    this.timer.unref();
  }

  private async runOnce(): Promise<void> {
    await this.round(this.stopping.signal);
    if (!this.stopping.signal.aborted) this.schedule();
  }
}
