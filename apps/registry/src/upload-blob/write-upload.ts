import { randomUUID } from 'node:crypto';
import type { BlobStore } from '@berth/blob-store';
import { isAppError } from '@berth/errors';
import type { Digester } from '@berth/oci';
import { CLOCK, type Clock } from '@berth/foundation';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE } from '../blob.js';
import { UploadStore, type Upload } from '../upload.js';
import { hashing, RunningDigests } from './running-digests.js';
import { outOfOrder, wrongSize } from './upload-refusals.js';

/** What a request adds to an upload. */
export interface Chunk {
  readonly source: AsyncIterable<Uint8Array>;
  /** Bytes that the source must have; null = any number. */
  readonly sizeBytes: number | null;
}

/** An upload that one request alone may write to, until it ends or gives up. */
export interface WrittenUpload {
  readonly upload: Upload;
  readonly writer: string;
  /** Bytes that are durable now. */
  readonly offset: number;
  /** Of exactly these bytes. */
  readonly digester: Digester;
}

/**
 * Adds bytes to an upload as its only writer. The claim is a column, not a lock: it costs no connection while a client
 * sends for an hour, and if this process dies it stays, so that no second writer can ever mix its bytes in.
 */
@Injectable()
export class WriteUpload {
  constructor(
    private readonly db: Database,
    private readonly uploads: UploadStore,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly digests: RunningDigests,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Claims the upload and writes the chunk behind its offset, where its bytes end then; the claim is the caller's to end.
   *
   * @throws AppError 'conflict' when another request is writing; 'malformed' SIZE_INVALID; 'unavailable' when the store
   *   fails, and then the upload is gone
   */
  async write(upload: Upload, chunk: Chunk | null): Promise<WrittenUpload> {
    const writer = randomUUID();
    if (!(await this.uploads.beginWriting(this.db, { upload, writer, at: this.now() }))) throw outOfOrder();
    try {
      const digester = await this.digests.take(upload);
      const offset = chunk === null ? await this.cut(upload) : await this.append(upload, chunk, digester);
      return { upload, writer, offset, digester };
    } catch (e) {
      // Whether giving up works or not, what went wrong first is what the caller hears.
      await Promise.allSettled([this.giveUp(upload, writer, e)]);
      throw e;
    }
  }

  /** Ends the claim; the next request continues behind the bytes that are durable now. */
  async end({ upload, writer, offset, digester }: WrittenUpload): Promise<void> {
    this.digests.keep(upload.id, { offset, digester });
    await this.uploads.endWriting(this.db, { upload, writer, offset, at: this.now() });
  }

  /**
   * Ends the claim of a request that is answered with an error: nothing of it counts, so that the client may send it again.
   * The hash state is used up. If this fails too, the upload is stuck.
   */
  async release({ upload, writer }: WrittenUpload): Promise<void> {
    const at = this.now();
    await Promise.allSettled([this.uploads.endWriting(this.db, { upload, writer, offset: upload.offset, at })]);
  }

  /** Forgets the upload and its bytes. */
  async discard(upload: Upload): Promise<void> {
    await this.uploads.delete(this.db, upload);
    await this.bytes.delete(upload.key);
  }

  /** A request that failed may have left bytes behind the offset; no digest covers them, so they must go before the end. */
  private cut(upload: Upload): Promise<number> {
    return this.bytes.append(upload.key, { offset: upload.offset, source: nothing() });
  }

  private async append(upload: Upload, { source, sizeBytes }: Chunk, digester: Digester): Promise<number> {
    const offset = await this.bytes.append(upload.key, { offset: upload.offset, source: hashing(source, digester) });
    if (sizeBytes !== null && offset - upload.offset !== sizeBytes) throw wrongSize();
    return offset;
  }

  /** A client that broke off may continue at the old offset; a store that failed to write or sync may have lost bytes. */
  private async giveUp(upload: Upload, writer: string, e: unknown): Promise<void> {
    if (isAppError(e) && e.code?.startsWith('blob-store-')) await this.discard(upload);
    else await this.uploads.endWriting(this.db, { upload, writer, offset: upload.offset, at: this.now() });
  }

  private now(): Date {
    return new Date(this.clock());
  }
}

async function* nothing(): AsyncIterable<Uint8Array> {
  // No bytes.
}
