import { open } from 'node:fs/promises';
import { findFrames, type FoundFrames } from './frame.js';
import type { Segment } from './segment.js';

/** One event has at most so many frames (its contract) and begins no frame behind so many bytes (Kafka's 1 MB a record). */
export const eventLimit = { frames: 500, bytes: 524_288 };
const stretchBytes = eventLimit.bytes + 65_536;

/**
 * Reads the frames of a segment from an offset on, as many as one event takes; none at all means that nothing behind the
 * offset can be read.
 *
 * @param from bytes from the beginning of the segment, less than its size
 * @throws the disk's error
 */
export async function readFrames({ path, size }: Segment, from: number): Promise<FoundFrames> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(stretchBytes, size - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    return findFrames(buffer.subarray(0, bytesRead), eventLimit);
  } finally {
    await file.close();
  }
}
