import type { UploadId } from '@berth/oci';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { UploadStore, type Upload } from '../upload.js';
import { ClaimUpload } from './claim-upload.js';
import type { Uploader } from './start-upload.js';
import { outOfOrder, unknownUpload } from './upload-refusals.js';
import { WriteUpload, type Chunk } from './write-upload.js';

/** A PATCH, or the last chunk of a PUT: bytes, and where it says that they begin (null = right behind what is there). */
export interface ContinuedUpload {
  readonly chunk: Chunk;
  readonly start: number | null;
}

/**
 * Adds bytes to an upload in progress, says how far it is, and ends it without a blob.
 *
 * @source OCI distribution-spec 1.1 "Pushing a blob in chunks", development version "Cancelling an upload"
 */
@Injectable()
export class ContinueUpload {
  constructor(
    private readonly db: Database,
    private readonly uploads: UploadStore,
    private readonly claims: ClaimUpload,
    private readonly writeUpload: WriteUpload,
  ) {}

  /**
   * @throws AppError 'not-found' BLOB_UPLOAD_UNKNOWN unless this principal started it in this repository;
   *   'unauthenticated' for an expired token, unless it is the one that started or last continued the upload
   */
  async find({ caller, address }: Uploader, id: UploadId): Promise<Upload> {
    const upload = await this.uploads.find(this.db, { id, address, principal: caller.claims.sub });
    if (caller.isLapsed && upload?.tokenId !== caller.claims.jti) return caller.refuseLapsed();
    if (upload === null) throw unknownUpload();
    return upload;
  }

  /**
   * Appends; the bytes are durable when it resolves. Of a chunk whose connection breaks, what arrived counts, with or
   * without `Content-Range`: the next PATCH continues there.
   *
   * @returns bytes that the upload has now
   * @throws AppError 'conflict' for a chunk that begins elsewhere or while another request writes; 'unauthenticated' when
   *   the caller's right was taken away meanwhile; else as {@link WriteUpload.write}. The chunk doesn't count then.
   */
  async append({ caller }: Uploader, upload: Upload, { chunk, start }: ContinuedUpload): Promise<number> {
    if (start !== null && start !== upload.offset) throw outOfOrder();
    const written = await this.writeUpload.write(upload, { caller, chunk, keepsPart: true });
    try {
      await caller.confirm();
    } catch (e) {
      await this.writeUpload.undo(written);
      throw e;
    }
    await this.writeUpload.end(written);
    if (written.brokenBy !== null) throw written.brokenBy;
    return written.offset;
  }

  /** Forgets the upload and its bytes. @throws AppError 'not-found' BLOB_UPLOAD_UNKNOWN when it is gone already */
  async cancel(upload: Upload): Promise<void> {
    if (!(await this.claims.cancel(upload))) throw unknownUpload();
  }
}
