import kafkajs, { CompressionTypes } from 'kafkajs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip, unzip } from 'node:zlib';

const { CompressionCodecs } = kafkajs;
const pendingCheckMs = 10;

/** What {@link stopIdleTimers} needs of the client's queue of requests, one for each connection. */
interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

/** Two changes of the client itself (kafkajs 2.2.4, the last there is), made once before the first connection. */
export function repairClient(): void {
  stopIdleTimers();
  compressFast();
}

/**
 * The queue of requests asks each millisecond whether there is something to send, on each connection and for ever: 2 % of a
 * core for nothing, and a `TimeoutNegativeWarning`. Here it asks while something waits.
 *
 * @source kafkajs issues 1704 and 1751, pull request 1667 (not merged)
 */
function stopIdleTimers(): void {
  const queue: { prototype: RequestQueue } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
  queue.prototype.scheduleCheckPendingRequests = function check(this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const waitMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      waitMs > 0 ? waitMs : pendingCheckMs,
    );
  };
}

/** The client's gzip takes level 6: two and a half times the CPU for 4 % less, tried with batches of audit entries. */
function compressFast(): void {
  CompressionCodecs[CompressionTypes.GZIP] = () => ({
    compress: (encoder: { readonly buffer: Buffer }) => deflate(encoder.buffer, { level: 1 }),
    decompress: (bytes: Buffer) => inflate(bytes),
  });
}

const deflate = promisify(gzip);
const inflate = promisify(unzip);
