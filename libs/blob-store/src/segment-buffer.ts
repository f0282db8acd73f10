import { segmentBytes } from './s3-names.js';

/** The one segment that an append holds. It grows as it is filled: most contents are far smaller than a segment. */
export class SegmentBuffer {
  private buffer = Buffer.allocUnsafeSlow(64 * 1024);
  private used = 0;

  get length(): number {
    return this.used;
  }

  get isFull(): boolean {
    return this.used === segmentBytes;
  }

  /** Valid until the next call of {@link add}. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.used);
  }

  /** Copies what there is room for. @returns what there was no room for */
  add(chunk: Uint8Array): Uint8Array {
    const taken = Math.min(chunk.byteLength, segmentBytes - this.used);
    this.makeRoomFor(this.used + taken);
    this.buffer.set(chunk.subarray(0, taken), this.used);
    this.used += taken;
    return chunk.subarray(taken);
  }

  clear(): void {
    this.used = 0;
  }

  private makeRoomFor(bytes: number): void {
    if (bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.min(segmentBytes, Math.max(bytes, this.buffer.length * 4)));
    this.buffer.copy(larger, 0, 0, this.used);
    this.buffer = larger;
  }
}
