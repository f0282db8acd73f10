import { randomUUID } from 'node:crypto';
import { parseBlobKey, type BlobStore } from '@berth/blob-store';
import { isAppError } from '@berth/errors';
import { parseUploadId } from '@berth/oci';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE } from '../blob.js';
import type { DataPlaneCaller } from '../caller.js';
import { isOverQuota } from '../storage-quota.js';
import { UploadLease, UploadStore, type Upload, type UploadWriter, type UploadWriting } from '../upload.js';
import { BodyWatch } from './body-watch.js';
import { untilAnswered } from '../until-answered.js';
import { noBytes } from './upload-body.js';
import { outOfOrder } from './upload-refusals.js';

/**
 * Makes a request the one writer of an upload. The claim is a column with a lease, not a lock: it costs no connection while
 * a client sends for an hour, and a writer that isn't heard of is replaced. It may still be at work, so whoever replaces it
 * goes on under a key of its own, with a copy of the acknowledged bytes: two writers never share a key.
 */
@Injectable()
export class ClaimUpload {
  constructor(
    private readonly db: Database,
    private readonly uploads: UploadStore,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly lease: UploadLease,
  ) {}

  /**
   * @returns the claim, with the key to write under
   * @throws AppError 'conflict' while another request writes; 'unavailable'
   */
  async take(upload: Upload, caller: DataPlaneCaller): Promise<UploadWriter> {
    const writing = this.writingOf(upload, caller);
    const begun = await this.uploads.beginWriting(this.db, writing);
    if (begun === null) throw outOfOrder();
    const { key, reservedBytes } = begun;
    const claim = { upload: { ...upload, key, reservedBytes }, writer: writing.writer };
    if (!begun.isTakenOver) return claim;
    try {
      return await this.moveAway(claim, caller);
    } catch (e) {
      if (hasLostBytes(e)) await Promise.allSettled([this.discard(claim)]);
      // Whoever was the writer before may still be at work under this key.
      else await this.abandon(claim);
      throw e;
    }
  }

  /** What makes the caller's request the writer, as a row has it. */
  writingOf(upload: Upload, { claims }: DataPlaneCaller): UploadWriting {
    const { instance } = this.lease;
    const times = { at: this.lease.now(), leaseUntil: this.lease.until() };
    return { upload, writer: randomUUID(), instance, tokenId: claims.jti, ...times };
  }

  /** Keeps the claim alive, and the caller's right under its eyes, for as long as the request writes. */
  watch(claim: UploadWriter, caller: DataPlaneCaller): BodyWatch {
    return new BodyWatch(this.lease.clock, {
      confirm: () => caller.confirm(),
      renew: async () => {
        if (!(await this.renewIfAnswered(claim))) throw outOfOrder();
      },
      renewEveryMs: this.lease.renewEveryMs,
    });
  }

  /** Keeps the claim alive during work of the store that takes its time; whether it was kept is seen at its end. */
  async holding<T>(claim: UploadWriter, work: () => Promise<T>): Promise<T> {
    const renew = () => void Promise.allSettled([this.renew(claim)]);
    const timer = setInterval(renew, this.lease.renewEveryMs).unref();
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }

  /**
   * The next request continues behind these bytes. Waits for a Postgres that is away for a moment: the bytes are here.
   *
   * @throws AppError 'conflict' when it isn't the writer any more
   */
  async end(claim: UploadWriter, offset: number): Promise<void> {
    const end = { offset, at: this.lease.now() };
    if (!(await untilAnswered(() => this.uploads.endWriting(this.db, claim, end)))) throw outOfOrder();
  }

  /**
   * Ends the claim of a request that is answered with an error: nothing of it counts, so that the client may send it again,
   * and nothing of it stays, as no reservation covers it any more. If this fails too, the lease runs out. Not for a claim
   * whose end may have happened: what counts would be cut off.
   */
  async release(claim: UploadWriter): Promise<void> {
    await Promise.allSettled([this.cutAndEnd(claim)]);
  }

  /** As {@link release}, but the bytes stay, with what they reserve, until the next request goes on under another key. */
  async abandon(claim: UploadWriter): Promise<void> {
    await Promise.allSettled([this.uploads.abandonWriting(this.db, claim, this.lease.now())]);
  }

  /** Forgets the upload and its bytes, unless it isn't the writer any more: then they are another one's. */
  async discard(claim: UploadWriter): Promise<void> {
    const isOver = await this.db.transaction((tx) => this.uploads.discard(tx, claim, this.lease.now()));
    // The collector removes them if this fails.
    if (isOver) await Promise.allSettled([this.bytes.delete(claim.upload.key)]);
  }

  /**
   * Forgets the upload and its bytes, whoever is writing: that request finds it gone.
   *
   * @returns false when it is gone already
   */
  cancel(upload: Upload): Promise<boolean> {
    return this.db.transaction((tx) => this.uploads.cancel(tx, upload, this.lease.now()));
  }

  /**
   * A client that broke off may continue at the old offset; a store that failed to write or sync may have lost bytes, and
   * for what a quota has no room for nobody keeps any.
   */
  async giveUp(claim: UploadWriter, e: unknown): Promise<void> {
    // Whether this works or not, what went wrong first is what the caller hears.
    if (isOverQuota(e) || hasLostBytes(e)) await Promise.allSettled([this.discard(claim)]);
    else await this.release(claim);
  }

  /** As {@link giveUp}, once the bytes are sealed, or may be: they never grow again. */
  async giveUpSealed(claim: UploadWriter, e: unknown): Promise<void> {
    if (isOverQuota(e)) await Promise.allSettled([this.discard(claim)]);
    else await this.abandon(claim);
  }

  /** Postgres that gives no answer ends no body of an hour: whether the claim was kept is seen at its end. */
  private async renewIfAnswered(claim: UploadWriter): Promise<boolean> {
    try {
      return await this.renew(claim);
    } catch (e) {
      if (isAppError(e) && e.kind === 'unavailable') return true;
      throw e;
    }
  }

  private async cutAndEnd(claim: UploadWriter): Promise<void> {
    const { key, offset } = claim.upload;
    // Whoever isn't the writer any more has no bytes to answer for; whoever is stays it, or another key is written to.
    if (!(await this.renew(claim))) return;
    try {
      await this.bytes.append(key, { offset, source: noBytes() });
    } catch {
      return this.abandon(claim);
    }
    await this.uploads.endWriting(this.db, claim, { offset, at: this.lease.now() });
  }

  private renew(claim: UploadWriter): Promise<boolean> {
    return this.uploads.renewLease(this.db, claim, { at: this.lease.now(), until: this.lease.until() });
  }

  /** The copy has a row of its own while it is made, so that a crash leaves no bytes that nobody knows of. */
  private async moveAway(claim: UploadWriter, caller: DataPlaneCaller): Promise<UploadWriter> {
    const id = randomUUID();
    const copy = { ...claim.upload, id: parseUploadId(id), key: parseBlobKey(id), offset: 0, reservedBytes: 0 };
    const writing = this.writingOf(copy, caller);
    await this.uploads.insert(this.db, { upload: copy, at: writing.at, writing, maxOpen: Number.MAX_SAFE_INTEGER });
    try {
      await this.holding(claim, () => this.bytes.copy(claim.upload.key, copy.key, claim.upload.offset));
      await this.db.transaction(async (tx) => {
        const isWhole = (await this.uploads.delete(tx, writing)) !== null;
        const move = { key: copy.key, at: this.lease.now() };
        if (!isWhole || !(await this.uploads.moveTo(tx, claim, move))) throw outOfOrder();
      });
    } catch (e) {
      await Promise.allSettled([this.discard(writing)]);
      throw e;
    }
    return { ...claim, upload: { ...claim.upload, key: copy.key } };
  }
}

/** Whether the store may have lost bytes. */
function hasLostBytes(e: unknown): boolean {
  return isAppError(e) && e.code?.startsWith('blob-store-') === true;
}
