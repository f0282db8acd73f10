import { buffer as collect } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { AppError } from '@berth/errors';
import type { BlobKey } from './blob-key.js';
import type { Append, ByteRange, OpenBlob } from './blob-store.js';
import { inParallel } from './in-parallel.js';
import type { S3Bucket } from './s3-bucket.js';
import { S3Chunks } from './s3-chunks.js';
import { maxBlobBytes, segmentBytes, segmentStart, type Piece, type S3Names } from './s3-names.js';
import { SegmentBuffer } from './segment-buffer.js';
import { storeFailure } from './store-failure.js';

const copiesAtOnce = 8;

/**
 * Contents that still grow, as objects of their own ({@link S3Names}). An append writes behind `offset` only: the rest that
 * ends there stays until an append begins further on, which proves that the caller has written the larger size down.
 *
 * A repeated append uses the same names. Should S3 carry out a request of the failed one only after the repeated one, bytes
 * behind `offset` would be the older ones: who repeats with other bytes after a failure of the store copies to a new key.
 */
export class S3Unsealed {
  constructor(
    private readonly bucket: S3Bucket,
    private readonly names: S3Names,
  ) {}

  async create(key: BlobKey): Promise<void> {
    await this.bucket.put(this.names.rest(key, 0), Buffer.alloc(0));
  }

  async append(key: BlobKey, { offset, source }: Append): Promise<number> {
    await this.cutBehind(key, offset);
    let start = segmentStart(offset);
    const segment = await this.bufferOfRest(key, offset);
    for await (const chunk of source) {
      refuseTooLarge(start + segment.length + chunk.byteLength);
      for (let left = segment.add(chunk); segment.isFull; left = segment.add(left)) {
        await this.bucket.put(this.names.segment(key, start), segment.bytes);
        start += segmentBytes;
        segment.clear();
      }
    }
    const end = start + segment.length;
    if (end > offset && segment.length > 0) await this.bucket.put(this.names.rest(key, end), segment.bytes);
    return end;
  }

  async size(key: BlobKey): Promise<number | null> {
    const last = (await this.longest(key)).at(-1);
    return last === undefined ? null : last.start + last.sizeBytes;
  }

  /** Null when there is no such content, or not as much of it. */
  async open(key: BlobKey, range?: ByteRange): Promise<OpenBlob | null> {
    const all = await this.longest(key);
    const wanted: Stretch[] = range === undefined ? all : all.flatMap((piece) => within(piece, range));
    const [first, ...following] = wanted;
    if (first === undefined) return null;
    const body = await this.bucket.get(first.name, first.range);
    if (body === null) return null;
    return new S3Chunks(
      body,
      following.map((piece) => () => this.opened(piece)),
    );
  }

  /** Copies inside the store; false when `from` has no objects that end at `size`, and nothing is done. */
  async copy(from: BlobKey, to: BlobKey, size: number): Promise<boolean> {
    const present = new Set((await this.bucket.list(this.names.folder(from))).map(({ name }) => name));
    const sources = this.names.piecesOf(from, size);
    if (!sources.every(({ name }) => present.has(name))) return false;
    const targets = this.names.piecesOf(to, size);
    await inParallel(sources, copiesAtOnce, async ({ name }, index) => {
      await this.bucket.copy(name, targets[index]?.name ?? name);
    });
    return true;
  }

  async delete(key: BlobKey): Promise<void> {
    const all = await this.bucket.list(this.names.folder(key));
    await this.bucket.delete(all.map(({ name }) => name));
  }

  /** Removes what earlier appends left that did not count, and the rests that are not needed any more. */
  private async cutBehind(key: BlobKey, offset: number): Promise<void> {
    const start = segmentStart(offset);
    const pieces = this.names.piecesOf(key, offset);
    const needed = new Set(pieces.map(({ name }) => name));
    const last = pieces.at(-1);
    // The listing begins with the last full segment, which shows that it is there, and holds every rest.
    const from = start <= segmentBytes ? undefined : this.names.segment(key, start - segmentBytes - 1);
    const listed = await this.bucket.list(this.names.folder(key), from);
    if (!listed.some(({ name, sizeBytes }) => name === last?.name && sizeBytes === last.sizeBytes)) {
      throw storeFailure(new Error(`${key} does not hold the ${offset} bytes that were acknowledged`));
    }
    await this.bucket.delete(listed.map(({ name }) => name).filter((name) => !needed.has(name)));
  }

  private async bufferOfRest(key: BlobKey, offset: number): Promise<SegmentBuffer> {
    const segment = new SegmentBuffer();
    if (offset === segmentStart(offset)) return segment;
    const rest = await this.opened({ name: this.names.rest(key, offset) });
    try {
      segment.add(await collect(rest));
    } catch (e) {
      throw storeFailure(e);
    }
    return segment;
  }

  private async longest(key: BlobKey): Promise<Piece[]> {
    return this.names.longest(key, await this.bucket.list(this.names.folder(key)));
  }

  private async opened({ name, range }: Stretch): Promise<Readable> {
    const body = await this.bucket.get(name, range);
    if (body === null) throw storeFailure(new Error(`${name} is missing`));
    return body;
  }
}

/** Of an object what is to be read. */
interface Stretch {
  readonly name: string;
  readonly range?: ByteRange;
}

function within({ name, start, sizeBytes }: Piece, range: ByteRange): Stretch[] {
  const from = Math.max(range.start - start, 0);
  const to = Math.min(range.end - start, sizeBytes - 1);
  return from > to ? [] : [{ name, range: { start: from, end: to } }];
}

function refuseTooLarge(bytes: number): void {
  if (bytes <= maxBlobBytes) return;
  throw new AppError({ kind: 'too-large', message: `the blob store holds at most ${maxBlobBytes} bytes in one blob` });
}
