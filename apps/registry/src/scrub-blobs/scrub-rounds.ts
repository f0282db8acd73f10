import { setTimeout as sleep } from 'node:timers/promises';
import { LOGGER } from '@berth/foundation';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ScrubBlobs } from './scrub-blobs.js';

/** Where Nest says whether blobs are read again at all. */
export const IS_SCRUBBING = Symbol('IsScrubbing');

/** The pause when there is nothing to read, or the store or Postgres is in trouble. */
const idleMs = 60_000;

/** Reads one blob after the other beside the requests. Whatever goes wrong, the service goes on. */
@Injectable()
export class ScrubRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly scrubber: ScrubBlobs,
    @Inject(IS_SCRUBBING) private readonly isScrubbing: boolean,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.isScrubbing) this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if (!(await this.hasMore(signal))) await pause(idleMs, signal);
    }
  }

  private async hasMore(signal: AbortSignal): Promise<boolean> {
    try {
      const outcome = await this.scrubber.scrubNext(signal);
      return outcome !== null && outcome !== 'unreadable';
    } catch (err) {
      if (!signal.aborted) this.logger.warn({ err }, 'stored blobs could not be checked, tried again in a minute');
      return false;
    }
  }
}

/** Never keeps the process alive. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await Promise.allSettled([sleep(ms, undefined, { signal, ref: false })]);
}
