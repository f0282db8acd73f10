import { crc32 } from 'node:zlib';

/** Length and CRC before the bytes of a frame. */
export const frameHeaderBytes = 8;

/** Longest text of a frame, in UTF-16 units; an entry whose texts are bounded stays far below. */
export const maxFrameText = 16_384;

/** A unit takes three bytes at most, so a length beyond this is damage. */
const maxFrameBytes = maxFrameText * 3;

/**
 * Puts texts together as frames for one write: length (u32, big endian), CRC-32 of the bytes (u32, big endian), the bytes
 * as UTF-8. The memory is used again by the next call.
 */
export class FrameBuffer {
  private scratch = Buffer.allocUnsafe(65_536);

  /** @param texts each at most {@link maxFrameText} long */
  frames(texts: readonly string[]): Buffer {
    let end = 0;
    for (const text of texts) end = this.put(text, end);
    return this.scratch.subarray(0, end);
  }

  private put(text: string, start: number): number {
    const bodyStart = start + frameHeaderBytes;
    this.reserve(bodyStart + text.length * 3);
    const bytes = this.scratch.write(text, bodyStart);
    this.scratch.writeUInt32BE(bytes, start);
    this.scratch.writeUInt32BE(crc32(this.scratch.subarray(bodyStart, bodyStart + bytes)), start + 4);
    return bodyStart + bytes;
  }

  private reserve(bytes: number): void {
    if (bytes <= this.scratch.length) return;
    const larger = Buffer.allocUnsafe(Math.max(bytes, this.scratch.length * 2));
    this.scratch.copy(larger);
    this.scratch = larger;
  }
}

/** What stands in a stretch of a segment: whole frames, where they end, and whether what follows can't be a frame. */
export interface FoundFrames {
  readonly bodies: readonly Buffer[];
  /** Bytes from the beginning of the stretch to the end of the last whole frame. */
  readonly end: number;
  /** The bytes after `end` are no beginning of a frame, however they go on. */
  readonly isDamaged: boolean;
}

/**
 * Finds the frames at the beginning of a stretch. A frame without bytes is damage: a disk that lost power shows zeros.
 *
 * @param limit at most so many frames and so many bytes, but at least one frame
 */
export function findFrames(stretch: Buffer, limit: { readonly frames: number; readonly bytes: number }): FoundFrames {
  const bodies: Buffer[] = [];
  let end = 0;
  while (bodies.length < limit.frames && end < limit.bytes && stretch.length - end >= frameHeaderBytes) {
    const bytes = stretch.readUInt32BE(end);
    if (bytes === 0 || bytes > maxFrameBytes) return { bodies, end, isDamaged: true };
    const bodyStart = end + frameHeaderBytes;
    if (stretch.length - bodyStart < bytes) break;
    const body = stretch.subarray(bodyStart, bodyStart + bytes);
    if (crc32(body) !== stretch.readUInt32BE(end + 4)) return { bodies, end, isDamaged: true };
    bodies.push(body);
    end = bodyStart + bytes;
  }
  return { bodies, end, isDamaged: false };
}
