import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { UploadStore, type Upload } from '../upload.js';
import type { UploadId } from '@berth/oci';
import type { Uploader } from './start-upload.js';
import { outOfOrder, unknownUpload } from './upload-refusals.js';
import { WriteUpload, type Chunk } from './write-upload.js';

/** A PATCH: a chunk, and where it says that it begins (null = right behind what is there). */
export interface ContinuedUpload {
  readonly chunk: Chunk;
  readonly start: number | null;
}

/**
 * Adds bytes to an upload in progress, and says how far it is.
 *
 * @source OCI distribution-spec 1.1 "Pushing a blob in chunks"
 */
@Injectable()
export class ContinueUpload {
  constructor(
    private readonly db: Database,
    private readonly uploads: UploadStore,
    private readonly writeUpload: WriteUpload,
  ) {}

  /** @throws AppError 'not-found' BLOB_UPLOAD_UNKNOWN unless this principal started it in this repository */
  async find({ caller, address }: Uploader, id: UploadId): Promise<Upload> {
    const upload = await this.uploads.find(this.db, { id, address, principal: caller.claims.sub });
    if (upload === null) throw unknownUpload();
    return upload;
  }

  /**
   * Appends; the bytes are durable when it resolves.
   *
   * @returns bytes that the upload has now
   * @throws AppError 'conflict' for a chunk that begins elsewhere or while another request writes; 'unauthenticated' when
   *   the caller's right was taken away meanwhile; else as {@link WriteUpload.write}. The chunk doesn't count then.
   */
  async append({ caller }: Uploader, upload: Upload, { chunk, start }: ContinuedUpload): Promise<number> {
    if (upload.isBeingWritten || (start !== null && start !== upload.offset)) throw outOfOrder();
    const written = await this.writeUpload.write(upload, chunk);
    try {
      await caller.confirm();
      await this.writeUpload.end(written);
    } catch (e) {
      await this.writeUpload.release(written);
      throw e;
    }
    return written.offset;
  }
}
