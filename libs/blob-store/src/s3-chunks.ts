import type { Readable } from 'node:stream';
import type { OpenBlob } from './blob-store.js';
import { storeFailure } from './store-failure.js';

/** Bodies of S3's answers one behind the other, in the chunks in which Node hands them out: at most 128 KiB. */
export class S3Chunks implements OpenBlob {
  private isClosed = false;

  /**
   * @param current  what is open already
   * @param following opens what comes behind it, each when the one before is read
   */
  constructor(
    private current: Readable,
    private readonly following: readonly (() => Promise<Readable>)[] = [],
  ) {}

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    try {
      yield* chunksOf(this.current);
      for (const next of this.following) {
        if (this.isClosed) return;
        this.current = await next();
        yield* chunksOf(this.current);
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    this.isClosed = true;
    this.current.destroy();
  }
}

async function* chunksOf(body: Readable): AsyncIterable<Uint8Array> {
  try {
    // A body that ends before its length is an error of the stream, never a short content.
    for await (const chunk of body as AsyncIterable<Uint8Array>) yield chunk;
  } catch (e) {
    throw storeFailure(e);
  }
}
