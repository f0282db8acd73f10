import { ociError, type Digest, type RepositoryName } from '@berth/oci';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ContentLife } from '../content-life.js';
import { ContentRules } from '../content-rules.js';
import { ContentStores } from '../content-stores.js';
import { Report } from '../report.js';
import { requireNotWrittenOnce } from '../written-once.js';

/** Which blob shall go out of which repository. */
export interface UnwantedBlob {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/**
 * Takes a blob out of one repository, at once and whatever others hold. A manifest that refers to it can't be pulled whole
 * any more, as the specification says; one that a tag written once names keeps what it refers to.
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
    private readonly rules: ContentRules,
  ) {}

  /**
   * @throws AppError 'not-found' NAME_UNKNOWN or BLOB_UNKNOWN; 'denied' for a part of a tag that is written once;
   *   'malformed' UNSUPPORTED; 'unavailable'
   */
  async delete(caller: DataPlaneCaller, { name, digest }: UnwantedBlob): Promise<void> {
    this.life.requireDeletes();
    const reviewAfter = this.life.reviewAfter();
    await this.db.transaction(async (tx) => {
      const repository = await this.stores.repositories.find(tx, addressOf(caller, name));
      if (repository === null) throw ociError({ code: 'NAME_UNKNOWN' });
      const isUnlinked = await this.stores.blobs.unlink(tx, repository, { digest, reviewAfter });
      if (!isUnlinked) throw ociError({ code: 'BLOB_UNKNOWN' });
      if (this.rules.writesOnceIn(repository)) {
        const tags = await this.stores.manifests.tagsOver(tx, repository, digest);
        await requireNotWrittenOnce(this.rules, caller, { repository, tags });
      }
      await this.report.blobDeleted(tx, caller, { repository: name, digest });
      await this.stores.repositories.raiseVersion(tx, repository);
    });
  }
}
