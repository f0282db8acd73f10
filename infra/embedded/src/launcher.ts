import process from 'node:process';
import { AppError } from '@berth/errors';
import { startPlatform, type Platform } from './platform.js';
import { resolveOptions, type PlatformOptions } from './platform-options.js';

/** One life of a platform under a person's hands: started, used, ended once cleanly, or twice by force. */
export class Launcher {
  private readonly endAsked = new AbortController();
  private failure: string | null = null;

  constructor(private readonly options: Omit<PlatformOptions, 'signal' | 'onGivenUp'>) {}

  /**
   * Starts the platform, tells that it is ready, and resolves when it was ended and everything is stopped.
   *
   * @throws AppError when it does not start, or can't be kept running; everything is stopped then too
   */
  async run(onReady: (platform: Platform) => void): Promise<void> {
    const { signal } = this.endAsked;
    const onGivenUp = (reason: string) => this.giveUp(reason);
    const started = startPlatform({ ...this.options, signal, onGivenUp });
    const platform = await started.catch((error: unknown) => this.stoppedInTime(error));
    if (platform === null) return;
    onReady(platform);
    await this.ended();
    await platform.stop();
    if (this.failure !== null) throw new AppError({ kind: 'unavailable', message: this.failure });
  }

  /** The first time everything is stopped in order; the second time everything is killed, and this process ends. */
  end(): void {
    if (!this.endAsked.signal.aborted) {
      this.options.say?.('Stopping');
      this.endAsked.abort(new Error('stopped'));
      return;
    }
    const { records } = resolveOptions(this.options);
    void records.endAlive(0).finally(() => process.exit(130));
  }

  private giveUp(reason: string): void {
    this.failure = reason;
    this.end();
  }

  /** A start that was ended by hand is no failure. */
  private stoppedInTime(error: unknown): null {
    if (error === this.endAsked.signal.reason) return null;
    throw error;
  }

  private ended(): Promise<void> {
    const { signal } = this.endAsked;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}
