import type { Digest } from '@berth/oci';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import type { DataPlaneCaller } from '../caller.js';
import { ContentLife } from '../content-life.js';
import { ContentStores } from '../content-stores.js';
import { failPoint } from '../fail-point.js';
import { Report } from '../report.js';
import type { RepositoryAddress } from '../repository.js';
import { UploadStore, type UploadWriter } from '../upload.js';
import { unknownUpload } from './upload-refusals.js';

/** A checked blob on its way into a repository. */
export interface UploadedBlob {
  /** Its bytes are under the upload's key. */
  readonly claim: UploadWriter;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly caller: DataPlaneCaller;
  readonly address: RepositoryAddress;
}

/**
 * The moment at which an upload becomes a blob: one transaction with the blob row, its link in the repository, its
 * holder, the end of the upload, the event and what it takes of a quota. The bytes are durable and checked before, so a row never stands for bytes
 * that are not there; a crash before the commit leaves an upload that is given up in time.
 */
@Injectable()
export class LinkBlob {
  constructor(
    private readonly db: Database,
    private readonly stores: ContentStores,
    private readonly uploads: UploadStore,
    private readonly report: Report,
    private readonly life: ContentLife,
  ) {}

  /**
   * The caller must have confirmed its right since the bytes arrived, while it can still discard them.
   *
   * @throws AppError 'not-found' BLOB_UPLOAD_UNKNOWN when another request is the writer now, or the upload is gone; 'denied'
   *   when there is no room for it by a quota
   */
  async link({ claim, digest, sizeBytes, caller, address }: UploadedBlob): Promise<void> {
    const at = this.life.now();
    const reviewAfter = this.life.reviewAfter();
    const blob = { digest, key: claim.upload.key, sizeBytes };
    await this.db.transaction(async (tx) => {
      const repository = await this.stores.openFor(caller, tx, { address, at });
      const arrival = { blob, principal: caller.claims.sub, at, reviewAfter };
      const { growth } = await this.stores.blobs.add(tx, repository, arrival);
      const reservedBytes = await this.uploads.delete(tx, claim);
      if (reservedBytes === null) throw unknownUpload();
      await this.report.blobUploaded(tx, caller, { repository: address.name, digest, bytes: sizeBytes });
      await this.stores.quota.settle(tx, caller, { address: repository, growth, reservedBytes });
      failPoint('upload:linked');
    });
    failPoint('upload:committed');
  }
}
