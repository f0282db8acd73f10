import { closeSync, read as readDescriptor } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteRange, OpenBlob } from './blob-store.js';
import { storeFailure } from './store-failure.js';

/** Node has no sendfile; larger chunks cost fewer turns of the event loop. */
const chunkBytes = 256 * 1024;

const readFile = promisify(readDescriptor);

/**
 * An open file, read into one buffer again and again. A stream of Node takes a fresh one for each chunk, and the garbage
 * collector then costs more than reading and sending together.
 */
export class FileChunks implements OpenBlob {
  private isClosed = false;

  constructor(
    private readonly fd: number,
    private readonly range: ByteRange | undefined,
  ) {}

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    let at = this.range?.start ?? 0;
    const end = this.range === undefined ? Number.POSITIVE_INFINITY : this.range.end + 1;
    const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, end - at));
    try {
      while (at < end) {
        const bytes = await this.readInto(buffer, { at, length: Math.min(buffer.length, end - at) });
        if (bytes === 0) return;
        at += bytes;
        yield buffer.subarray(0, bytes);
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    closeRead(this.fd);
  }

  private async readInto(buffer: Buffer, { at, length }: { at: number; length: number }): Promise<number> {
    try {
      const { bytesRead } = await readFile(this.fd, buffer, 0, length, at);
      return bytesRead;
    } catch (e) {
      throw storeFailure(e);
    }
  }
}

/**
 * Closing what was only read never waits for a disk; the thread pool would cost more than the call.
 *
 * @throws AppError 'unavailable' of a store that is gone
 */
export function closeRead(fd: number): void {
  try {
    closeSync(fd);
  } catch (e) {
    throw storeFailure(e);
  }
}
