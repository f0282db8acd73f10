import type { BlobStore } from '@berth/blob-store';
import type { Digester } from '@berth/oci';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE } from '../blob.js';
import type { DataPlaneCaller } from '../caller.js';
import { failPoint } from '../fail-point.js';
import { StorageQuota } from '../storage-quota.js';
import type { Upload, UploadWriter } from '../upload.js';
import { atMost, BreakableBody, watched, type BodyWatch } from './body-watch.js';
import { ClaimUpload } from './claim-upload.js';
import { Reservation } from './reservation.js';
import { hashing, RunningDigests } from './running-digests.js';
import { noBytes } from './upload-body.js';
import { wrongSize } from './upload-refusals.js';

/** What a request adds to an upload. */
export interface Chunk {
  readonly source: AsyncIterable<Uint8Array>;
  /** Bytes that the source must have; null = any number. */
  readonly sizeBytes: number | null;
  /** Bytes that its request says it brings; null = it doesn't say. */
  readonly declaredBytes: number | null;
}

/** Who writes what; null = nothing. */
export interface Writing {
  readonly caller: DataPlaneCaller;
  readonly chunk: Chunk | null;
  /** Whether a chunk that breaks off counts as far as it came. */
  readonly keepsPart: boolean;
}

/** An upload that one request alone may write to, until it ends or gives up. */
export interface WrittenUpload extends UploadWriter {
  /** Bytes that are durable now. */
  readonly offset: number;
  /** Of exactly these bytes. */
  readonly digester: Digester;
  /** Keeps the claim alive. */
  readonly watch: BodyWatch;
  readonly reservation: Reservation;
  /** Why the chunk broke off; null = it is whole. */
  readonly brokenBy: Error | null;
}

/** Adds bytes to an upload as its only writer. */
@Injectable()
export class WriteUpload {
  constructor(
    private readonly claims: ClaimUpload,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly digests: RunningDigests,
    private readonly quota: StorageQuota,
  ) {}

  /**
   * Claims the upload and writes the chunk behind its offset, where its bytes end then; the claim is the caller's to end.
   *
   * @throws AppError 'conflict' when another request is writing; 'malformed' SIZE_INVALID; 'unauthenticated' when the right
   *   was taken away while bytes arrived; 'denied' when there is no room for them by a quota, and 'unavailable' when the
   *   store fails: then the upload is gone
   */
  async write(upload: Upload, { caller, chunk, keepsPart }: Writing): Promise<WrittenUpload> {
    const claim = await this.claims.take(upload, caller);
    const reservation = new Reservation(this.quota, caller, claim);
    try {
      await reservation.declare(chunk?.declaredBytes ?? null);
      const watch = this.claims.watch(claim, caller);
      const digester = await this.digests.take(claim.upload, watch);
      const body = new BreakableBody(chunk?.source ?? noBytes());
      const kept = atMost(keepsPart ? body : (chunk?.source ?? body), chunk?.sizeBytes ?? null);
      const incoming = hashing(reservation.covering(watched(kept, watch)), digester);
      const offset = await this.append(claim.upload, incoming);
      failPoint('upload:appended');
      const written = { ...claim, offset, digester, watch, reservation, brokenBy: body.brokenBy };
      requireSize(written, chunk?.sizeBytes ?? null);
      return written;
    } catch (e) {
      await this.claims.giveUp(claim, e);
      await reservation.giveBackBeyond(claim.upload.offset);
      throw e;
    }
  }

  /** Ends the claim; the next request continues behind the bytes that are durable now. @throws AppError 'conflict' */
  async end(written: WrittenUpload): Promise<void> {
    try {
      await this.claims.end(written, written.offset);
    } catch (e) {
      await this.claims.abandon(written);
      throw e;
    }
    await written.reservation.giveBackBeyond(written.offset);
    this.digests.keep(written.upload, written);
  }

  /** Ends the claim, and nothing of what it wrote counts or stays. */
  async undo(written: WrittenUpload): Promise<void> {
    await this.claims.release(written);
    await written.reservation.giveBackBeyond(written.upload.offset);
  }

  /** A process that died may have left bytes behind the offset; no digest covers them, so they are cut off even by none. */
  private append({ key, offset }: Upload, source: AsyncIterable<Uint8Array>): Promise<number> {
    return this.bytes.append(key, { offset, source });
  }
}

/** What is there of a chunk that broke off is less than its header says, and that is no mistake. */
function requireSize({ upload, offset, brokenBy }: WrittenUpload, wanted: number | null): void {
  if (wanted === null) return;
  const size = offset - upload.offset;
  if (size < wanted && brokenBy === null) throw wrongSize();
}
