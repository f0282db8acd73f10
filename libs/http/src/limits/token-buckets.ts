import { AppError } from '@berth/errors';
import { LRUCache } from 'lru-cache';

export interface TokenBucketsOptions {
  /** How many may be taken in a minute, and at once after a minute of rest; 0 = any number. */
  readonly perMinute: number;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Buckets in memory at most; 50,000 when left out. The one not used for longest is forgotten, so it is full again. */
  readonly mostBuckets?: number;
  /** 0 <= random < 1; `Math.random` when left out. */
  readonly random?: () => number;
}

/**
 * A token bucket for each of many keys. What is kept of one is a single number, the instant at which it is full again, so
 * that nothing has to be refilled and a bucket at rest may be forgotten.
 *
 * @source ITU-T I.371 annex A, generic cell rate algorithm (virtual scheduling)
 */
export class TokenBuckets {
  private readonly fullAtMs: LRUCache<string, number>;
  private readonly intervalMs: number;
  private readonly depthMs: number;

  constructor(private readonly options: TokenBucketsOptions) {
    const { perMinute, mostBuckets = 50_000 } = options;
    this.fullAtMs = new LRUCache({ max: mostBuckets });
    this.intervalMs = perMinute === 0 ? 0 : 60_000 / perMinute;
    this.depthMs = this.intervalMs * perMinute;
  }

  /**
   * Takes one.
   *
   * @returns null when there was one; else in how many seconds to come again, 1 at least, up to twice as long as it takes
   *   until there is one, so that those who were refused together don't come back together
   */
  take(key: string): number | null {
    if (this.intervalMs === 0) return null;
    const now = this.options.clock();
    const next = Math.max(this.fullAtMs.get(key) ?? now, now) + this.intervalMs;
    const missingMs = next - now - this.depthMs;
    // Sums of intervals that are no whole numbers miss their total by less than this.
    if (missingMs > 1e-3) return this.jittered(missingMs);
    this.fullAtMs.set(key, next);
    return null;
  }

  /** Puts one back that turned out not to be due. */
  putBack(key: string): void {
    const fullAt = this.fullAtMs.get(key);
    if (fullAt !== undefined) this.fullAtMs.set(key, fullAt - this.intervalMs);
  }

  /** How many buckets are in memory; for a gauge. */
  get size(): number {
    return this.fullAtMs.size;
  }

  private jittered(missingMs: number): number {
    const { random = Math.random } = this.options;
    return Math.max(1, Math.ceil((missingMs * (1 + random())) / 1000));
  }
}

/** The refusal of whoever comes too often. @source OCI distribution-spec 1.1, "Error Codes", TOOMANYREQUESTS; RFC 6585 section 4 */
export function tooManyRequests(retryAfterSeconds: number): AppError {
  return new AppError({
    kind: 'rate-limited',
    code: 'TOOMANYREQUESTS',
    message: 'too many requests; try again later',
    retryAfterSeconds,
  });
}
