import { ociError, type Digest, type RepositoryName } from '@berth/oci';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ContentLife } from '../content-life.js';
import { ContentStores } from '../content-stores.js';
import { Report } from '../report.js';

/** Which blob shall go out of which repository. */
export interface UnwantedBlob {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/**
 * Takes a blob out of one repository, at once and whatever others hold. A manifest that refers to it can't be pulled whole
 * any more, as the specification says.
 *
 * @source OCI distribution-spec 1.1 "Deleting Blobs"
 */
@Injectable()
export class DeleteBlob {
  constructor(
    private readonly db: Database,
    private readonly stores: ContentStores,
    private readonly report: Report,
    private readonly life: ContentLife,
  ) {}

  /** @throws AppError 'not-found' NAME_UNKNOWN or BLOB_UNKNOWN; 'malformed' UNSUPPORTED; 'unavailable' */
  async delete(caller: DataPlaneCaller, { name, digest }: UnwantedBlob): Promise<void> {
    this.life.requireDeletes();
    const reviewAfter = this.life.reviewAfter();
    await this.db.transaction(async (tx) => {
      const repository = await this.stores.repositories.find(tx, addressOf(caller, name));
      if (repository === null) throw ociError({ code: 'NAME_UNKNOWN' });
      const isGone = await this.stores.blobs.unlink(tx, repository, { digest, reviewAfter });
      if (!isGone) throw ociError({ code: 'BLOB_UNKNOWN' });
      await this.report.blobDeleted(tx, caller, { repository: name, digest });
      await this.stores.repositories.raiseVersion(tx, repository);
    });
  }
}
