import type { BlobStore } from '@berth/blob-store';
import { algorithmOf, type Digest } from '@berth/oci';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE } from '../blob.js';
import { failPoint } from '../fail-point.js';
import type { Upload } from '../upload.js';
import { ClaimUpload } from './claim-upload.js';
import type { ContinuedUpload } from './continue-upload.js';
import { LinkBlob } from './link-blob.js';
import { RunningDigests } from './running-digests.js';
import type { Uploader } from './start-upload.js';
import { outOfOrder, wrongDigest } from './upload-refusals.js';
import { WriteUpload, type WrittenUpload } from './write-upload.js';

/**
 * Ends an upload: its bytes are checked against the digest and become a blob of the repository.
 *
 * @source OCI distribution-spec 1.1 "Pushing blobs"
 */
@Injectable()
export class FinishUpload {
  constructor(
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly writeUpload: WriteUpload,
    private readonly claims: ClaimUpload,
    private readonly digests: RunningDigests,
    private readonly linkBlob: LinkBlob,
  ) {}

  /**
   * @param last what the request still brings; null = nothing
   * @throws AppError 'malformed' DIGEST_INVALID: the upload is gone then; 'conflict' for a chunk that begins elsewhere, and
   *   while another request writes: the upload stays as it is;
   *   'unauthenticated' when the caller's right was taken away meanwhile; else as {@link WriteUpload.write}
   */
  async finish(
    uploader: Uploader,
    upload: Upload,
    { digest, last }: { digest: Digest; last: ContinuedUpload | null },
  ): Promise<void> {
    const { caller } = uploader;
    if (last !== null && last.start !== null && last.start !== upload.offset) throw outOfOrder();
    const chunk = last?.chunk ?? null;
    const written = await this.writeUpload.write(upload, { caller, chunk, keepsPart: false });
    await this.check(uploader, written, digest);
    try {
      await this.claims.holding(written, () => this.bytes.seal(written.upload.key, written.offset));
      failPoint('upload:sealed');
      await this.linkBlob.link({ ...uploader, claim: written, digest, sizeBytes: written.offset });
    } catch (e) {
      await this.claims.giveUpSealed(written, e);
      throw e;
    }
  }

  private async check({ caller }: Uploader, written: WrittenUpload, digest: Digest): Promise<void> {
    try {
      if ((await this.digestOf(written, digest)) !== digest) {
        await this.claims.discard(written);
        throw wrongDigest();
      }
      failPoint('upload:hashed');
      await caller.confirm();
    } catch (e) {
      await this.writeUpload.undo(written);
      throw e;
    }
  }

  /** The running state, or the bytes once more when the client started without naming this algorithm. */
  private async digestOf({ upload, offset, digester, watch }: WrittenUpload, wanted: Digest): Promise<Digest> {
    const algorithm = algorithmOf(wanted);
    if (algorithm === upload.algorithm) return digester.digest();
    return (await this.digests.digestBytes(upload.key, { size: offset, algorithm, watch })).digest();
  }
}
