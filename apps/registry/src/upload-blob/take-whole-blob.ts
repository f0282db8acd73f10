import type { BlobStore } from '@berth/blob-store';
import { algorithmOf, createDigester, type Digest } from '@berth/oci';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE } from '../blob.js';
import type { DataPlaneCaller } from '../caller.js';
import { failPoint } from '../fail-point.js';
import { StorageQuota } from '../storage-quota.js';
import type { UploadWriter } from '../upload.js';
import { watched } from './body-watch.js';
import { ClaimUpload } from './claim-upload.js';
import { LinkBlob } from './link-blob.js';
import { Reservation } from './reservation.js';
import { hashing } from './running-digests.js';
import { StartUpload, type Uploader } from './start-upload.js';
import { wrongDigest, wrongSize } from './upload-refusals.js';
import type { Chunk } from './write-upload.js';

/**
 * Takes a whole blob in one request: an upload that nobody else ever hears of.
 *
 * @source OCI distribution-spec 1.1 "Pushing a blob monolithically", "Single POST"
 */
@Injectable()
export class TakeWholeBlob {
  constructor(
    private readonly startUpload: StartUpload,
    private readonly claims: ClaimUpload,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly linkBlob: LinkBlob,
    private readonly quota: StorageQuota,
  ) {}

  /**
   * @throws AppError 'malformed' DIGEST_INVALID or SIZE_INVALID; 'unauthenticated' when the caller's right was taken away
   *   meanwhile; 'denied' when there is no room by a quota; 'rate-limited' TOOMANYREQUESTS; 'unavailable'; what the source throws. Nothing is visible then, and its
   *   bytes are gone.
   */
  async take(uploader: Uploader, digest: Digest, chunk: Chunk): Promise<void> {
    const claim = await this.startUpload.startWriting(uploader, algorithmOf(digest));
    try {
      const sizeBytes = await this.receive(claim, uploader.caller, { digest, chunk });
      await this.linkBlob.link({ ...uploader, claim, digest, sizeBytes });
    } catch (e) {
      // Only while the upload is there: after a commit of which nobody heard it is not, and its bytes are a blob's.
      await Promise.allSettled([this.claims.discard(claim)]);
      throw e;
    }
  }

  private async receive(
    claim: UploadWriter,
    caller: DataPlaneCaller,
    { digest, chunk: { source, sizeBytes, declaredBytes } }: { digest: Digest; chunk: Chunk },
  ): Promise<number> {
    const { key } = claim.upload;
    const digester = createDigester(algorithmOf(digest));
    const reservation = new Reservation(this.quota, caller, claim);
    await reservation.declare(declaredBytes);
    const incoming = hashing(reservation.covering(watched(source, this.claims.watch(claim, caller))), digester);
    const size = await this.bytes.append(key, { offset: 0, source: incoming });
    failPoint('upload:appended');
    if (sizeBytes !== null && size !== sizeBytes) throw wrongSize();
    if (digester.digest() !== digest) throw wrongDigest();
    failPoint('upload:hashed');
    await caller.confirm();
    await this.bytes.seal(key, size);
    failPoint('upload:sealed');
    return size;
  }
}
