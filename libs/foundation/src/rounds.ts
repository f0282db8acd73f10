import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';

/**
 * Does something again and again beside the requests, from the start of the application to its end, with a pause before each
 * time. Replicas that start together don't run together: the work of one is then not done again by the others.
 */
export abstract class Rounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  /** @param everyMs the pause, give or take a fifth; 0 = never */
  constructor(private readonly everyMs: number) {}

  onApplicationBootstrap(): void | Promise<void> {
    if (this.everyMs > 0) this.schedule();
  }

  /** Resolves once the round under way has ended, whose signal tells it to: before the connections close. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  /** One time; what it throws is told to {@link failed}, and the next one comes all the same. */
  protected abstract round(signal: AbortSignal): Promise<void>;

  /** Writes down that a round broke off. Must not throw. */
  protected abstract failed(err: unknown): void;

  private schedule(): void {
    const waitMs = this.everyMs * (0.8 + 0.4 * Math.random());
    this.timer = setTimeout(() => {
      this.running = this.runOnce();
    }, waitMs);
    this.timer.unref();
  }

  private async runOnce(): Promise<void> {
    const { signal } = this.stopping;
    try {
      await this.round(signal);
    } catch (err) {
      this.failed(err);
    }
    if (!signal.aborted) this.schedule();
  }
}
