import type { BlobStore, ByteRange, OpenBlob } from '@berth/blob-store';
import { ociError, type Digest, type RepositoryName } from '@berth/oci';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE, BlobIndexStore, type Blob } from '../blob.js';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { Report } from '../report.js';

/** Contents up to this are read whole. */
const smallBytes = 64 * 1024;

/** Which blob is wanted. */
export interface WantedBlob {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/**
 * Finds a blob for a caller whose token opens the repository. It is found only by its link in that repository, whatever
 * others hold.
 *
 * @source OCI distribution-spec 1.1 "Pulling blobs"
 */
@Injectable()
export class PullBlob {
  constructor(
    private readonly blobs: BlobIndexStore,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly report: Report,
  ) {}

  /** @throws AppError 'not-found' BLOB_UNKNOWN; 'unavailable' when Postgres doesn't answer */
  async find(caller: DataPlaneCaller, { name, digest }: WantedBlob): Promise<Blob> {
    const blob = await this.blobs.find(addressOf(caller, name), digest);
    if (blob === null) throw ociError({ code: 'BLOB_UNKNOWN' });
    return blob;
  }

  /**
   * Opens the bytes and records the pull. Small ones come as a buffer.
   *
   * @param range what was asked of it; null = all
   * @throws AppError 'unavailable' when the bytes can't be opened or the record can't be written
   */
  async open(
    caller: DataPlaneCaller,
    { name, blob, range }: { name: RepositoryName; blob: Blob; range: ByteRange | null },
  ): Promise<Buffer | OpenBlob> {
    const bytes = range === null ? blob.sizeBytes : range.end - range.start + 1;
    const isSmall = range === null && blob.sizeBytes <= smallBytes;
    const content = isSmall
      ? await this.bytes.read(blob.key, blob.sizeBytes)
      : // Never more than the row says: what lies behind it in the file is not of this blob.
        await this.bytes.open(blob.key, range ?? { start: 0, end: blob.sizeBytes - 1 });
    try {
      await this.report.blobPulled(caller, { repository: name, digest: blob.digest, bytes });
    } catch (e) {
      if (!Buffer.isBuffer(content)) content.close();
      throw e;
    }
    return content;
  }

  /** Records that a stream broke after `bytes`. */
  aborted(caller: DataPlaneCaller, { name, digest }: WantedBlob, bytes: number): Promise<void> {
    return this.report.pullAborted(caller, { repository: name, digest, bytes });
  }
}
