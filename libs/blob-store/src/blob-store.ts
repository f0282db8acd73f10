import type { BlobKey } from './blob-key.js';

/** Bytes `start` to `end`, both included and counted from 0, as in an HTTP range. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What {@link BlobStore.append} writes. */
export interface Append {
  /** Bytes that are there and count, at least 0. What lies behind them is left from a broken append and is overwritten. */
  readonly offset: number;
  /** Read chunk by chunk, one at a time; never collected. A chunk must not change once handed over. */
  readonly source: AsyncIterable<Uint8Array>;
}

/**
 * A content that is open for reading, once. Iterate it, or close it. A chunk is at most 256 KiB and holds its bytes only
 * until the next one is asked for: a large content costs one buffer, however large it is.
 */
export interface OpenBlob extends AsyncIterable<Uint8Array> {
  /** For a content that is not read after all. */
  close(): void;
}

/**
 * Bytes under unique keys. Nothing is renamed or shared; a key's bytes are written by one writer at a time (the owner of
 * the upload sees to that) and never changed once a blob row names the key.
 *
 * Every method throws AppError 'unavailable' (code `blob-store-full` when there is no room left, else `blob-store-failed`)
 * when the store can't do what was asked, with the store's own error as cause; what a source throws passes through.
 */
export interface BlobStore {
  /**
   * Makes an empty content; durable when it resolves.
   *
   * @throws AppError 'conflict' when the key exists
   */
  create(key: BlobKey): Promise<void>;

  /**
   * Adds bytes behind `offset`. When it resolves they survive a power cut; when it throws, the bytes up to `offset` are
   * untouched and anything behind them is worth nothing.
   *
   * @returns the new size in bytes
   */
  append(key: BlobKey, append: Append): Promise<number>;

  /** Opens the content, or a range of it that it has; rejects if it can't be opened. */
  open(key: BlobKey, range?: ByteRange): Promise<OpenBlob>;

  /** Reads a small content whole. @param size its exact size, as the blob row has it; at most 1 MiB */
  read(key: BlobKey, size: number): Promise<Buffer>;

  /** Size in bytes, or null when there is no such key. */
  size(key: BlobKey): Promise<number | null>;

  /** Removes the content; resolves also when there is none. */
  delete(key: BlobKey): Promise<void>;
}
