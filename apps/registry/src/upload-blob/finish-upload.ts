import { algorithmOf, type Digest } from '@berth/oci';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { UploadStore, type Upload } from '../upload.js';
import { LinkBlob } from './link-blob.js';
import { RunningDigests } from './running-digests.js';
import type { Uploader } from './start-upload.js';
import { outOfOrder, unknownUpload, wrongDigest } from './upload-refusals.js';
import { WriteUpload, type Chunk, type WrittenUpload } from './write-upload.js';

/**
 * Ends an upload: its bytes are checked against the digest and become a blob of the repository.
 *
 * @source OCI distribution-spec 1.1 "Pushing blobs"
 */
@Injectable()
export class FinishUpload {
  constructor(
    private readonly db: Database,
    private readonly uploads: UploadStore,
    private readonly writeUpload: WriteUpload,
    private readonly digests: RunningDigests,
    private readonly linkBlob: LinkBlob,
  ) {}

  /**
   * @param lastChunk what the request still brings; null = nothing
   * @throws AppError 'malformed' DIGEST_INVALID: the upload is gone then; 'conflict' while another request writes;
   *   'unauthenticated' when the caller's right was taken away meanwhile; else as {@link WriteUpload.write}
   */
  async finish(
    uploader: Uploader,
    upload: Upload,
    { digest, lastChunk }: { digest: Digest; lastChunk: Chunk | null },
  ): Promise<void> {
    if (upload.isBeingWritten) throw outOfOrder();
    const written = await this.writeUpload.write(upload, lastChunk);
    try {
      if ((await this.digestOf(written, digest)) !== digest) {
        await this.writeUpload.discard(upload);
        throw wrongDigest();
      }
      await uploader.caller.confirm();
      const blob = { digest, key: upload.key, sizeBytes: written.offset };
      await this.linkBlob.link({ ...uploader, blob }, async (tx) => {
        if (!(await this.uploads.delete(tx, upload))) throw unknownUpload();
      });
    } catch (e) {
      await this.writeUpload.release(written);
      throw e;
    }
  }

  /** The running state, or the bytes once more when the client started without naming this algorithm. */
  private async digestOf({ upload, offset, digester }: WrittenUpload, wanted: Digest): Promise<Digest> {
    const algorithm = algorithmOf(wanted);
    if (algorithm === upload.algorithm) return digester.digest();
    return (await this.digests.digestBytes(upload.key, { size: offset, algorithm })).digest();
  }
}
