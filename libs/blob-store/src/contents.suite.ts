import { v7 } from 'uuid';
import { parseBlobKey, type BlobKey } from './blob-key.js';

/** A key that no other test has. */
export function newKey(): BlobKey {
  return parseBlobKey(v7());
}

/** Reads an open content to its end. */
export async function readAll(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Splits at uneven places, so that no driver gets away with one write. */
export async function* chunksOf(content: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < content.length; at += 65_521) yield content.subarray(at, at + 65_521);
}

/** A source that breaks off behind `content`. */
export async function* breaking(content: Buffer, error: Error): AsyncIterable<Uint8Array> {
  yield* chunksOf(content);
  throw error;
}
