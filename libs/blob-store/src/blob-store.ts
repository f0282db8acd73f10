import type { BlobKey } from './blob-key.js';

/** Bytes `start` to `end`, both included and counted from 0, as in an HTTP range. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The most that {@link BlobStore.read} takes. */
export const maxReadBytes = 1024 * 1024;

/** What {@link BlobStore.append} writes. */
export interface Append {
  /** Bytes that are there and count, at least 0. What lies behind them is left from a broken append and is overwritten. */
  readonly offset: number;
  /** Read chunk by chunk, one at a time; never collected. A chunk must not change once handed over. */
  readonly source: AsyncIterable<Uint8Array>;
}

/** What {@link BlobStore.presign} fixes in an address. */
export interface Presign {
  /** Whole seconds for which the address works, 1 to 300; 60 when not given. */
  readonly expiresSeconds?: number;
  /** Suggested to who saves the content; anything but letters, digits, `.`, `_` and `-` in it becomes `_`. */
  readonly fileName?: string;
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
 * the upload sees to that) and never changed once they are sealed.
 *
 * A content is made, grows by appends, is sealed, and only then named by a blob row. It can be read at any time.
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
   * Adds bytes behind `offset`. When it resolves they survive a power cut. The bytes up to `offset` are untouched when it
   * throws, and also when it resolves but the caller dies before it wrote the new size down: the next append may begin at
   * the same `offset`. Where the store can't vouch for its bytes any more (a failed fsync) it drops the content instead.
   *
   * @returns the new size in bytes
   * @throws AppError 'too-large' when the store can't hold a content of that size
   */
  append(key: BlobKey, append: Append): Promise<number>;

  /**
   * Ends the writing: from now on the content is exactly `sizeBytes` long, durable, and may be presigned. Harmless when
   * it was done before, so a call whose outcome is not known is repeated.
   *
   * @param sizeBytes what the last append returned
   */
  seal(key: BlobKey, sizeBytes: number): Promise<void>;

  /**
   * Makes the content `to` from the first `sizeBytes` bytes of `from`, sealed or not; durable and unsealed when it
   * resolves. Who takes over an upload goes on under a key of its own: a writer that is believed dead can't spoil it.
   * After a throw `to` is worth nothing and is to be deleted.
   *
   * @throws AppError 'conflict' when `to` exists
   */
  copy(from: BlobKey, to: BlobKey, sizeBytes: number): Promise<void>;

  /**
   * Opens the content, or a range of it that it has; rejects if it can't be opened. What is sealed is then read to its end
   * even if it is deleted meanwhile.
   */
  open(key: BlobKey, range?: ByteRange): Promise<OpenBlob>;

  /** Reads a small content whole. @param size its exact size, as the blob row has it; at most 1 MiB */
  read(key: BlobKey, size: number): Promise<Buffer>;

  /**
   * An address from which anybody may GET the sealed content for a short time, as attachment and
   * `application/octet-stream`; null when this store has none. It is a secret: it never goes into a log.
   *
   * @throws AppError 'bug' for a life that is not 1 to 300 s
   */
  presign(key: BlobKey, presign?: Presign): Promise<string | null>;

  /** Size in bytes, or null when there is no such key; not sealed, it may count bytes of a broken append. */
  size(key: BlobKey): Promise<number | null>;

  /** Removes the content, sealed or not, and all that unfinished work left of it; resolves also when there is none. */
  delete(key: BlobKey): Promise<void>;
}
