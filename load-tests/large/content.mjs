import { createHash, randomBytes } from 'node:crypto';

const chunkBytes = 1024 * 1024;

/** The same for all contents of a run: making new random bytes would cost more than pushing them. */
const base = randomBytes(chunkBytes);

/**
 * Content that no other run and no other seed has, made while it is read and never held whole.
 *
 * @param {{ seed: number, sizeBytes: number }} content
 */
export class GeneratedContent {
  #hash = createHash('sha256');

  constructor({ seed, sizeBytes }) {
    this.seed = seed;
    this.sizeBytes = sizeBytes;
  }

  /** Chunks of 1 MiB; to be read once. */
  async *chunks() {
    for (let at = 0; at < this.sizeBytes; at += chunkBytes) {
      const chunk = Buffer.from(base.subarray(0, Math.min(chunkBytes, this.sizeBytes - at)));
      chunk.write(`${this.seed} ${at} `);
      this.#hash.update(chunk);
      yield chunk;
    }
  }

  /** Known when all chunks were read. */
  get digest() {
    return `sha256:${this.#hash.copy().digest('hex')}`;
  }
}
