import type { BlobKey } from './blob-key.js';

/** The smallest part that S3 takes, and all that one append holds in memory. */
export const segmentBytes = 5 * 1024 * 1024;

/** S3 makes an object of at most 10,000 parts. */
export const maxBlobBytes = 10_000 * segmentBytes;

/** An object as a listing has it. */
export interface StoredObject {
  readonly name: string;
  readonly sizeBytes: number;
}

/** A stretch of a content that is not sealed. */
export interface Piece extends StoredObject {
  readonly start: number;
}

/** Where the segment that byte `offset` belongs to begins. */
export function segmentStart(offset: number): number {
  return offset - (offset % segmentBytes);
}

/**
 * The objects of a key. A content that is not sealed is `uploads/<key>/s-<start>` for each full segment and
 * `uploads/<key>/t-<end>` for the rest that ends at `<end>`: S3 can't append, so each append leaves a new rest. Names tell
 * all, so nothing else has to be written down, and segments sort before rests.
 */
export class S3Names {
  private readonly prefix: string;

  constructor(prefix = '') {
    this.prefix = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  }

  sealed(key: BlobKey): string {
    return `${this.prefix}blobs/${key}`;
  }

  folder(key: BlobKey): string {
    return `${this.prefix}uploads/${key}/`;
  }

  segment(key: BlobKey, start: number): string {
    return `${this.folder(key)}s-${padded(start)}`;
  }

  rest(key: BlobKey, end: number): string {
    return `${this.folder(key)}t-${padded(end)}`;
  }

  /** The objects that hold the first `size` bytes, in order; an empty content is an empty rest. */
  piecesOf(key: BlobKey, size: number): Piece[] {
    const restStart = segmentStart(size);
    const pieces = this.segmentsUpTo(key, restStart);
    if (size > restStart || size === 0) {
      pieces.push({ name: this.rest(key, size), start: restStart, sizeBytes: size - restStart });
    }
    return pieces;
  }

  /** The longest content that a listing of the folder holds; empty when it holds none. */
  longest(key: BlobKey, listed: readonly StoredObject[]): Piece[] {
    const names = new Set(listed.map(({ name }) => name));
    let end = 0;
    while (names.has(this.segment(key, end))) end += segmentBytes;
    const pieces = this.segmentsUpTo(key, end);
    const first = this.rest(key, end);
    const last = this.rest(key, end + segmentBytes);
    const rest = listed.filter(({ name }) => name >= first && name < last).at(-1);
    if (rest !== undefined && (rest.sizeBytes > 0 || end === 0)) pieces.push({ ...rest, start: end });
    return pieces;
  }

  private segmentsUpTo(key: BlobKey, end: number): Piece[] {
    const pieces: Piece[] = [];
    for (let start = 0; start < end; start += segmentBytes) {
      pieces.push({ name: this.segment(key, start), start, sizeBytes: segmentBytes });
    }
    return pieces;
  }
}

/** As many digits as the largest safe integer has, so that names sort as numbers do. */
function padded(bytes: number): string {
  return String(bytes).padStart(16, '0');
}
