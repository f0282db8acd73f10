import type { Clock } from '@berth/foundation';
import { brokenOff, tooSlow, wrongSize } from './upload-refusals.js';

/** How often the caller's right is looked at while its bytes arrive, milliseconds. */
const confirmEveryMs = 1_000;

/** A body that comes slower than this on average, once it had its time, only holds a connection. */
const leastBytesPerSecond = 128;
const graceMs = 60_000;

/** What is done while bytes arrive. */
export interface WatchDuties {
  /** @throws when the right was taken away */
  readonly confirm: () => Promise<void>;
  /** @throws when another request is the writer now */
  readonly renew: () => Promise<void>;
  readonly renewEveryMs: number;
}

/** Looks after one request that writes: that it may still, that others see it live, and that it gets on. */
export class BodyWatch {
  private readonly startedAtMs: number;
  private confirmedAtMs: number;
  private renewedAtMs: number;
  private bytes = 0;

  constructor(
    private readonly clock: Clock,
    private readonly duties: WatchDuties,
  ) {
    this.startedAtMs = clock();
    this.confirmedAtMs = this.startedAtMs;
    this.renewedAtMs = this.startedAtMs;
  }

  /**
   * Bytes have arrived.
   *
   * @throws what the duties throw; AppError 'malformed' BLOB_UPLOAD_INVALID when they come too slowly
   */
  async saw(bytes: number): Promise<void> {
    this.bytes += bytes;
    const now = this.clock();
    const tookMs = now - this.startedAtMs;
    if (tookMs > graceMs && this.bytes < (leastBytesPerSecond * tookMs) / 1000) throw tooSlow();
    if (now - this.confirmedAtMs >= confirmEveryMs) {
      this.confirmedAtMs = now;
      await this.duties.confirm();
    }
    await this.works();
  }

  /** The request is at work without bytes arriving, e.g. reads what is there already. @throws what renewing throws */
  async works(): Promise<void> {
    const now = this.clock();
    if (now - this.renewedAtMs < this.duties.renewEveryMs) return;
    this.renewedAtMs = now;
    await this.duties.renew();
  }
}

/** Passes the chunks on as long as the watch has nothing against it. */
export async function* watched(source: AsyncIterable<Uint8Array>, watch: BodyWatch): AsyncIterable<Uint8Array> {
  for await (const chunk of source) {
    await watch.saw(chunk.byteLength);
    yield chunk;
  }
}

/** Passes the chunks on as long as they are no more than their request says; null = it doesn't say. @throws AppError SIZE_INVALID */
export async function* atMost(source: AsyncIterable<Uint8Array>, bytes: number | null): AsyncIterable<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (bytes !== null && size > bytes) throw wrongSize();
    yield chunk;
  }
}

/** A body that may end before its end: what arrived until then is all there is. */
export class BreakableBody implements AsyncIterable<Uint8Array> {
  /** Why it ended early; null = it didn't. */
  brokenBy: Error | null = null;

  constructor(private readonly source: AsyncIterable<Uint8Array>) {}

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const chunks = this.source[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.next(chunks);
        if (next === null) return;
        yield next;
      }
    } finally {
      await chunks.return?.();
    }
  }

  private async next(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> {
    try {
      const { done, value } = await chunks.next();
      return done === true ? null : value;
    } catch (e) {
      this.brokenBy = e instanceof Error ? e : brokenOff();
      return null;
    }
  }
}
