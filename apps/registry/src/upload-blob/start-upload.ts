import { randomUUID } from 'node:crypto';
import { parseBlobKey, type BlobKey, type BlobStore } from '@berth/blob-store';
import { algorithmOf, createDigester, parseUploadId, type Digest, type DigestAlgorithm } from '@berth/oci';
import { CLOCK, type Clock } from '@berth/foundation';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE } from '../blob.js';
import type { DataPlaneCaller } from '../caller.js';
import type { RepositoryAddress } from '../repository.js';
import { UploadStore, type Upload } from '../upload.js';
import { LinkBlob } from './link-blob.js';
import { hashing } from './running-digests.js';
import { wrongDigest, wrongSize } from './upload-refusals.js';
import type { Chunk } from './write-upload.js';

/** Who uploads, and where to. */
export interface Uploader {
  readonly caller: DataPlaneCaller;
  readonly address: RepositoryAddress;
}

/**
 * Begins an upload, or takes a whole blob in one request.
 *
 * @source OCI distribution-spec 1.1 "Pushing blobs"
 */
@Injectable()
export class StartUpload {
  constructor(
    private readonly db: Database,
    private readonly uploads: UploadStore,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly linkBlob: LinkBlob,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Opens a session of this repository and principal, empty.
   *
   * @throws AppError 'unavailable' when the store or Postgres doesn't answer
   */
  async start({ caller, address }: Uploader, algorithm: DigestAlgorithm): Promise<Upload> {
    // Random, not uuidv7: an id that can't be guessed even by those who saw others.
    const id = randomUUID();
    const upload: Upload = {
      ...{ id: parseUploadId(id), address, principal: caller.claims.sub, key: parseBlobKey(id) },
      ...{ algorithm, offset: 0, isBeingWritten: false },
    };
    await this.bytes.create(upload.key);
    await this.uploads.insert(this.db, { ...upload, at: new Date(this.clock()) });
    return upload;
  }

  /**
   * Takes a whole blob, without a session.
   *
   * @throws AppError 'malformed' DIGEST_INVALID or SIZE_INVALID; 'unauthenticated' when the caller's right was taken away
   *   meanwhile; 'unavailable'; what the source throws. Nothing is visible then.
   */
  async takeWhole(uploader: Uploader, digest: Digest, chunk: Chunk): Promise<void> {
    const key = parseBlobKey(randomUUID());
    await this.bytes.create(key);
    const sizeBytes = await this.receive({ caller: uploader.caller, key }, digest, chunk);
    await this.linkBlob.link({ ...uploader, blob: { digest, key, sizeBytes } });
  }

  /** Removes what it wrote when it fails; what may be linked is never removed, not even after an unclear commit. */
  private async receive(
    { caller, key }: { caller: DataPlaneCaller; key: BlobKey },
    digest: Digest,
    { source, sizeBytes }: Chunk,
  ): Promise<number> {
    const digester = createDigester(algorithmOf(digest));
    try {
      const size = await this.bytes.append(key, { offset: 0, source: hashing(source, digester) });
      if (sizeBytes !== null && size !== sizeBytes) throw wrongSize();
      if (digester.digest() !== digest) throw wrongDigest();
      await caller.confirm();
      return size;
    } catch (e) {
      await this.bytes.delete(key);
      throw e;
    }
  }
}
