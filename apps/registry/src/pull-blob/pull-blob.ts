import type { ByteRange, OpenBlob } from '@berth/blob-store';
import { accessCovers } from '@berth/access';
import { ociError, type Digest, type RepositoryName } from '@berth/oci';
import { Injectable } from '@nestjs/common';
import { BlobIndexStore, type BlobStanding, type LinkedBlob } from '../blob.js';
import { BlobContents, damaged } from '../blob-contents.js';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ContentLife } from '../content-life.js';
import { inQuarantine, notReferredTo } from '../hindrance.js';
import { Report, type ReadingRight } from '../report.js';

/** Which blob is wanted. */
export interface WantedBlob {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/** A blob that the caller may open, and on which right. */
export interface FoundBlob extends LinkedBlob {
  readonly right: ReadingRight;
}

/**
 * Finds a blob for a caller whose token opens the repository. It is found only by its link in that repository, whatever
 * others hold; and before a manifest refers to it, only by who brought it.
 *
 * @source OCI distribution-spec 1.1 "Pulling blobs"
 */
@Injectable()
export class PullBlob {
  constructor(
    private readonly blobs: BlobIndexStore,
    private readonly contents: BlobContents,
    private readonly report: Report,
    private readonly life: ContentLife,
  ) {}

  /**
   * @throws AppError 'not-found' BLOB_UNKNOWN, also to who could bring it but may not open it; 'denied' to others who may
   *   not open it; 'unauthenticated' for any but those of manifests in quarantine to who may pull nothing else;
   *   'unavailable' when Postgres doesn't answer, or the bytes are known to be damaged
   */
  async find(caller: DataPlaneCaller, wanted: WantedBlob): Promise<FoundBlob> {
    const { name, digest } = wanted;
    const blob = await this.blobs.find(addressOf(caller, name), digest);
    if (caller.isQuarantineOnly) return this.findQuarantined(caller, wanted, blob);
    if (blob === null) throw ociError({ code: 'BLOB_UNKNOWN' });
    const right = blob.isReleased ? 'content/read' : await this.requireStanding(caller, wanted);
    if (!blob.isBad) return { ...blob, right };
    throw mayPush(caller, name) ? ociError({ code: 'BLOB_UNKNOWN' }) : damaged();
  }

  /**
   * As {@link find}, for an answer on which a client relies instead of bringing the blob: it stays for as long as a push
   * may take.
   */
  async check(caller: DataPlaneCaller, wanted: WantedBlob): Promise<FoundBlob> {
    const blob = await this.find(caller, wanted);
    if (await this.blobs.postponeReview(blob, this.life.reviewAfter())) return blob;
    throw ociError({ code: 'BLOB_UNKNOWN' });
  }

  /**
   * Opens the bytes and records the pull. Small and hot ones come as a buffer.
   *
   * @param range what was asked of it; null = all
   * @throws AppError 'unavailable' when the bytes can't be opened or the record can't be written
   */
  async open(
    caller: DataPlaneCaller,
    { name, blob, range }: { name: RepositoryName; blob: FoundBlob; range: ByteRange | null },
  ): Promise<Buffer | OpenBlob> {
    const bytes = range === null ? blob.sizeBytes : range.end - range.start + 1;
    const content = await this.contents.open(blob, range);
    try {
      await this.report.blobPulled(caller, { repository: name, digest: blob.digest, bytes }, blob.right);
    } catch (e) {
      if (!Buffer.isBuffer(content)) content.close();
      throw e;
    }
    return content;
  }

  /**
   * Where the client gets the bytes from instead, recorded as a pull of all of it; null = from here.
   *
   * @throws AppError 'unavailable'
   */
  async redirect(
    caller: DataPlaneCaller,
    { name, blob }: { name: RepositoryName; blob: FoundBlob },
  ): Promise<string | null> {
    if (caller.isNetworkBound) return null;
    const address = await this.contents.addressOf(blob);
    if (address === null) return null;
    const { digest, sizeBytes: bytes, right } = blob;
    await this.report.blobPulled(caller, { repository: name, digest, bytes }, right);
    return address;
  }

  /** For a blob to which no manifest that may be pulled refers, as far as its link says. */
  private async requireStanding(caller: DataPlaneCaller, wanted: WantedBlob): Promise<ReadingRight> {
    const { isHeld, isOpen, isQuarantined } = await this.standingOf(caller, wanted);
    if (isHeld || isOpen) return 'content/read';
    if (isQuarantined && caller.mayPullQuarantined(wanted.name)) return 'quarantine/read';
    // Who pushes brings it then; who only pulls learns no more than that this repository has it.
    if (mayPush(caller, wanted.name)) throw ociError({ code: 'BLOB_UNKNOWN' });
    return caller.forbid(isQuarantined ? inQuarantine : notReferredTo);
  }

  /** Of a manifest in quarantine, whatever else refers to it; that there is another is not told. */
  private async findQuarantined(
    caller: DataPlaneCaller,
    wanted: WantedBlob,
    blob: LinkedBlob | null,
  ): Promise<FoundBlob> {
    if (blob === null || !(await this.standingOf(caller, wanted)).isQuarantined) return caller.refuseUngranted();
    if (!caller.mayPullQuarantined(wanted.name)) return caller.forbid(inQuarantine);
    if (blob.isBad) throw damaged();
    return { ...blob, right: 'quarantine/read' };
  }

  private standingOf(caller: DataPlaneCaller, { name, digest }: WantedBlob): Promise<BlobStanding> {
    const asked = { principal: caller.claims.sub, at: this.life.now() };
    return this.blobs.standingOf(addressOf(caller, name), digest, asked);
  }

  /** Records that a stream broke after `bytes`. */
  aborted(
    caller: DataPlaneCaller,
    { name, blob: { digest, right } }: { name: RepositoryName; blob: FoundBlob },
    bytes: number,
  ): Promise<void> {
    return this.report.pullAborted(caller, { repository: name, digest, bytes }, right);
  }
}

function mayPush({ claims }: DataPlaneCaller, name: RepositoryName): boolean {
  return accessCovers(claims.access, { name, action: 'content/write' });
}
