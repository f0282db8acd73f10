import type { BlobStore } from '@berth/blob-store';
import { LOGGER } from '@berth/foundation';
import { algorithmOf, createDigester } from '@berth/oci';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE } from '../blob.js';
import type { ScrubbedBlob } from '../scrub.js';
import { Findings } from './findings.js';
import { Pace } from './pace.js';

/** What is wrong with the bytes of a blob. */
export type Damage = 'missing' | 'too-short' | 'wrong-digest';

/** What became of one blob; `gone` = found bad, but by then it was collected or had new bytes. */
export type ScrubOutcome = 'good' | 'bad' | 'gone' | 'unreadable';

/** What a blob costs at least, so that many small ones don't become many statements a second. */
const leastCostBytes = 64 * 1024;

/**
 * Reads stored blobs again, the one that was not looked at for the longest time first, and marks those whose bytes aren't
 * those of their digest: nobody gets them any more, and the next upload of the digest replaces them. A good read never
 * clears a mark.
 *
 * Bad are only bytes that the store says it doesn't have, or has fewer of, or gives otherwise, twice. A store that fails or
 * doesn't answer says nothing about the bytes: the blob is looked at again later.
 */
@Injectable()
export class ScrubBlobs {
  /** Since the process began; for metrics. */
  readonly counts: Record<ScrubOutcome, number> = { good: 0, bad: 0, gone: 0, unreadable: 0 };
  readBytes = 0;

  constructor(
    private readonly findings: Findings,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly pace: Pace,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Looks at one blob.
   *
   * @param signal ends it early; the blob is as if it had not been looked at
   * @returns null when all were looked at lately
   * @throws AppError 'unavailable' when Postgres doesn't answer; the reason of the signal
   */
  async scrubNext(signal: AbortSignal): Promise<ScrubOutcome | null> {
    const blob = await this.findings.next();
    if (blob === null) return null;
    const outcome = await this.scrub(blob, signal);
    this.counts[outcome] += 1;
    return outcome;
  }

  private async scrub(blob: ScrubbedBlob, signal: AbortSignal): Promise<ScrubOutcome> {
    let damage: Damage | null;
    try {
      await this.pace.take(Math.max(0, leastCostBytes - blob.sizeBytes), signal);
      damage = await this.damageOf(blob, signal);
      // What is taken away from everybody is looked at twice.
      if (damage !== null) damage = await this.damageOf(blob, signal);
    } catch (err) {
      await this.findings.postpone(blob, signal.aborted);
      if (signal.aborted) throw err;
      this.logger.warn({ err, digest: blob.digest, key: blob.key }, 'a blob could not be read to check it');
      return 'unreadable';
    }
    if (damage === null) return 'good';
    if (!(await this.findings.bad(blob, damage))) return 'gone';
    this.logger.error({ digest: blob.digest, key: blob.key, damage }, 'a stored blob is damaged; push it again');
    return 'bad';
  }

  private async damageOf({ key, digest, sizeBytes }: ScrubbedBlob, signal: AbortSignal): Promise<Damage | null> {
    const stored = await this.bytes.size(key);
    if (stored === null) return 'missing';
    if (stored < sizeBytes) return 'too-short';
    const digester = createDigester(algorithmOf(digest));
    if (sizeBytes > 0) {
      for await (const chunk of await this.bytes.open(key, { start: 0, end: sizeBytes - 1 })) {
        digester.update(chunk);
        this.readBytes += chunk.byteLength;
        await this.pace.take(chunk.byteLength, signal);
      }
    }
    return digester.digest() === digest ? null : 'wrong-digest';
  }
}
