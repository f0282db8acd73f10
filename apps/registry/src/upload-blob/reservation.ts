import type { DataPlaneCaller } from '../caller.js';
import { failPoint } from '../fail-point.js';
import type { StorageQuota } from '../storage-quota.js';
import type { UploadWriter } from '../upload.js';
import { outOfOrder } from './upload-refusals.js';

/**
 * What an upload may take of a quota, for one request that writes to it: bytes are covered by what is reserved before they
 * are taken. Where nothing is limited that is one look into memory for each chunk.
 */
export class Reservation {
  private coveredBytes: number;
  /** What the upload has after the request; null = it doesn't say. */
  private announcedSize: number | null = null;

  constructor(
    private readonly quota: Pick<StorageQuota, 'reserve' | 'giveBackSpare'>,
    private readonly caller: DataPlaneCaller,
    private readonly claim: UploadWriter,
  ) {
    this.coveredBytes = claim.upload.reservedBytes;
  }

  /**
   * Before the first byte: whether all of them have room, and room for the first ones. A request that only says that it
   * brings much keeps the room of others for no more than a step.
   *
   * @param bytes that the request brings; null = it doesn't say
   * @throws AppError 'denied' when there is no room for them; 'conflict' when it isn't the writer any more
   */
  async declare(bytes: number | null): Promise<void> {
    if (bytes === null) return;
    this.announcedSize = this.claim.upload.offset + bytes;
    if (this.announcedSize > this.coveredBytes) await this.reserve(0);
  }

  /** Passes chunks on as long as there is room for them. @throws as {@link declare} */
  async *covering(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    let size = this.claim.upload.offset;
    for await (const chunk of source) {
      size += chunk.byteLength;
      if (size > this.coveredBytes) await this.reserve(size - this.coveredBytes);
      yield chunk;
    }
  }

  /** At the end of the request; what can't be given back now is later. */
  async giveBackBeyond(offset: number): Promise<void> {
    if (this.coveredBytes <= offset) return;
    await Promise.allSettled([this.quota.giveBackSpare(this.claim.upload)]);
  }

  private async reserve(bytes: number): Promise<void> {
    const announcedBytes = this.announcedSize === null ? null : this.announcedSize - this.coveredBytes;
    const reserved = await this.quota.reserve(this.caller, this.claim, { bytes, announcedBytes });
    if (reserved === null) throw outOfOrder();
    if (reserved > 0) failPoint('upload:reserved');
    this.coveredBytes += reserved;
  }
}
