import type { BlobStore } from '@berth/blob-store';
import { CLOCK, type Clock } from '@berth/foundation';
import { Database, type Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { BLOB_STORE, type Blob } from '../blob.js';
import type { DataPlaneCaller } from '../caller.js';
import { ContentStores } from '../content-stores.js';
import { Report } from '../report.js';
import type { RepositoryAddress } from '../repository.js';

/** A checked blob on its way into a repository. */
export interface UploadedBlob {
  readonly blob: Blob;
  readonly caller: DataPlaneCaller;
  readonly address: RepositoryAddress;
}

/**
 * The moment at which an upload becomes a blob: one transaction with the blob row, its link in the repository, its
 * holder and the event. The bytes are durable and checked before, so a row never stands for bytes that are not there; a
 * crash before the commit leaves only bytes that nobody can see.
 */
@Injectable()
export class LinkBlob {
  constructor(
    private readonly db: Database,
    private readonly stores: ContentStores,
    @Inject(BLOB_STORE) private readonly bytes: BlobStore,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The caller must have confirmed its right since the bytes arrived, while it can still discard them.
   *
   * @param alsoInTransaction what must happen together with it, e.g. the end of the upload session
   */
  async link(uploaded: UploadedBlob, alsoInTransaction?: (tx: Transaction) => Promise<void>): Promise<void> {
    const { blob, caller, address } = uploaded;
    const at = new Date(this.clock());
    const live = await this.db.transaction(async (tx) => {
      const repository = await this.stores.repositories.ensure(tx, { address, at });
      const found = await this.stores.blobs.add(tx, repository, { blob, principal: caller.claims.sub, at });
      await alsoInTransaction?.(tx);
      await this.report.blobUploaded(tx, caller, {
        repository: address.name,
        digest: blob.digest,
        bytes: blob.sizeBytes,
      });
      return found;
    });
    // Somebody else brought the same digest before: their bytes serve. The blob is linked whether this works or not.
    if (live.key !== blob.key) await Promise.allSettled([this.bytes.delete(blob.key)]);
  }
}
