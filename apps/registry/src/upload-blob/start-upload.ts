import { randomUUID } from 'node:crypto';
import { parseBlobKey, type BlobStore } from '@berth/blob-store';
import { parseUploadId, type DigestAlgorithm } from '@berth/oci';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE } from '../blob.js';
import type { DataPlaneCaller } from '../caller.js';
import { ContentLife } from '../content-life.js';
import type { RepositoryAddress } from '../repository.js';
import { UploadStore, type Upload, type UploadWriter } from '../upload.js';
import { ClaimUpload } from './claim-upload.js';
import { tooManyUploads } from './upload-refusals.js';

/** Who uploads, and where to. */
export interface Uploader {
  readonly caller: DataPlaneCaller;
  readonly address: RepositoryAddress;
}

/**
 * Begins an upload. Its row is there before its bytes, so that whatever happens later nothing lies in the store that
 * nobody knows of.
 *
 * @source OCI distribution-spec 1.1 "Pushing blobs"
 */
@Injectable()
export class StartUpload {
  constructor(
    private readonly db: Database,
    private readonly uploads: UploadStore,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly claims: ClaimUpload,
    private readonly life: ContentLife,
  ) {}

  /**
   * Opens an upload of this repository and principal, empty.
   *
   * @throws AppError 'rate-limited' TOOMANYREQUESTS; 'unavailable' when the store or Postgres doesn't answer
   */
  async start(uploader: Uploader, algorithm: DigestAlgorithm): Promise<Upload> {
    const { upload } = await this.open(uploader, { algorithm, isWritten: false });
    return upload;
  }

  /** As {@link start}, for the request that goes on to write it. */
  startWriting(uploader: Uploader, algorithm: DigestAlgorithm): Promise<UploadWriter> {
    return this.open(uploader, { algorithm, isWritten: true });
  }

  private async open(
    { caller, address }: Uploader,
    { algorithm, isWritten }: { algorithm: DigestAlgorithm; isWritten: boolean },
  ): Promise<UploadWriter> {
    // Random, not uuidv7: an id that can't be guessed even by those who saw others.
    const id = randomUUID();
    const upload: Upload = {
      ...{ id: parseUploadId(id), address, principal: caller.claims.sub, key: parseBlobKey(id) },
      ...{ algorithm, offset: 0, reservedBytes: 0, tokenId: caller.claims.jti },
    };
    const writing = this.claims.writingOf(upload, caller);
    const maxOpen = this.life.settings.maxOpenUploads;
    const opened = { upload, at: writing.at, writing: isWritten ? writing : null, maxOpen };
    if (!(await this.uploads.insert(this.db, opened))) throw tooManyUploads();
    try {
      await this.bytes.create(upload.key);
    } catch (e) {
      await Promise.allSettled([this.claims.cancel(upload)]);
      throw e;
    }
    return writing;
  }
}
