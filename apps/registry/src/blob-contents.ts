import type { BlobKey, BlobStore, ByteRange, OpenBlob } from '@berth/blob-store';
import { algorithmOf, digestOf } from '@berth/oci';
import { AppError } from '@berth/errors';
import { LRUCache } from 'lru-cache';
import type { Blob } from './blob.js';

/** Contents up to this are read whole and remembered when they are first asked for. */
const smallBytes = 64 * 1024;

/** Contents up to this are remembered when they are asked for again. */
const maxRememberedBytes = 16 * 1024 * 1024;

/** An address is given out for the first so-many-th of its life. */
const addressReuse = 4;

/** Keys of which is known that they were asked for lately. */
const maxSeen = 10_000;

/** What {@link BlobContents} may use. */
export interface BlobContentsOptions {
  /** Of memory; 0 = none. */
  readonly maxBytes: number;
  /** How long an address of the store may be used, 1 to 300; 0 = pulls are never redirected. */
  readonly redirectSeconds: number;
}

/**
 * The bytes of blobs for pulls: from a bounded memory if they are small or asked for over and over, as by a fleet that
 * pulls one layer. Keys are never used twice, so what is remembered of one is never wrong; it is checked against the digest
 * when it is taken in.
 */
export class BlobContents {
  private readonly remembered: LRUCache<BlobKey, Buffer> | null;
  private readonly seen = new LRUCache<BlobKey, true>({ max: maxSeen });
  private readonly loading = new Map<BlobKey, Promise<Buffer>>();

  /** Signing costs more than the rest of a pull; an address that is a little older lives long enough. */
  private readonly addresses: LRUCache<BlobKey, string> | null;

  constructor(
    private readonly store: BlobStore,
    private readonly options: BlobContentsOptions,
  ) {
    const { maxBytes, redirectSeconds } = options;
    this.remembered = maxBytes === 0 ? null : new LRUCache({ maxSize: maxBytes, sizeCalculation: sizeOf });
    this.addresses =
      redirectSeconds === 0 ? null : new LRUCache({ max: maxSeen, ttl: (redirectSeconds * 1000) / addressReuse });
  }

  /**
   * Where the bytes can be got for a short time without the registry; null when they are to be got from it. A secret.
   *
   * @throws AppError 'unavailable'
   */
  async addressOf({ key }: Blob): Promise<string | null> {
    if (this.addresses === null) return null;
    const known = this.addresses.get(key);
    if (known !== undefined) return known;
    const address = await this.store.presign(key, { expiresSeconds: this.options.redirectSeconds });
    if (address !== null) this.addresses.set(key, address);
    return address;
  }

  /**
   * The whole content, or a range that it has. Never more than the row says: what lies behind it in the store is not of
   * this blob.
   *
   * @throws AppError 'unavailable' when the bytes can't be read, or aren't those of the digest
   */
  async open(blob: Blob, range: ByteRange | null): Promise<Buffer | OpenBlob> {
    const known = this.remembered?.get(blob.key);
    if (known !== undefined) return part(known, range);
    if (this.isWorthRemembering(blob)) return part(await this.load(blob), range);
    if (range === null && blob.sizeBytes <= smallBytes) return this.store.read(blob.key, blob.sizeBytes);
    return this.store.open(blob.key, range ?? { start: 0, end: blob.sizeBytes - 1 });
  }

  private isWorthRemembering({ key, sizeBytes }: Blob): boolean {
    if (this.remembered === null || sizeBytes > Math.min(maxRememberedBytes, this.remembered.maxSize / 4)) return false;
    if (sizeBytes <= smallBytes || this.seen.has(key)) return true;
    this.seen.set(key, true);
    return false;
  }

  /** Whoever asks while it is read shares the reading. */
  private load(blob: Blob): Promise<Buffer> {
    const loading = this.loading.get(blob.key);
    if (loading !== undefined) return loading;
    const started = this.readChecked(blob).finally(() => this.loading.delete(blob.key));
    this.loading.set(blob.key, started);
    return started;
  }

  private async readChecked(blob: Blob): Promise<Buffer> {
    const { digest, key, sizeBytes } = blob;
    const content = sizeBytes <= smallBytes ? await this.store.read(key, sizeBytes) : await this.readStreamed(blob);
    if (digestOf(content, algorithmOf(digest)) !== digest) throw damaged();
    this.remembered?.set(key, content);
    return content;
  }

  private async readStreamed({ key, sizeBytes }: Blob): Promise<Buffer> {
    const content = Buffer.allocUnsafeSlow(sizeBytes);
    let at = 0;
    for await (const chunk of await this.store.open(key, { start: 0, end: sizeBytes - 1 })) {
      content.set(chunk, at);
      at += chunk.byteLength;
    }
    if (at !== sizeBytes) throw damaged();
    return content;
  }
}

/** Bytes that aren't those of the digest are never sent knowingly; the scrubber finds out which they are. */
export function damaged(): AppError {
  return new AppError({ kind: 'unavailable', code: 'blob-damaged', message: 'the bytes of this blob are damaged' });
}

function part(content: Buffer, range: ByteRange | null): Buffer {
  return range === null ? content : content.subarray(range.start, range.end + 1);
}

/** An empty content takes its place too. */
function sizeOf({ length }: Buffer): number {
  return length + 100;
}
