import { ociError, type Digest, type Reference, type RepositoryName, type Tag } from '@berth/oci';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { addressOf, type DataPlaneCaller } from '../caller.js';
import { ContentLife } from '../content-life.js';
import { ContentRules } from '../content-rules.js';
import { ContentStores } from '../content-stores.js';
import { Report } from '../report.js';
import type { Repository } from '../repository.js';
import { growthBy } from '../usage.js';
import { requireNotWrittenOnce } from '../written-once.js';

/** Which manifest, or which name of one, shall go. */
export interface UnwantedManifest {
  readonly name: RepositoryName;
  readonly reference: Reference;
}

/**
 * Deletes by digest the manifest with every tag that points at it; by tag the tag alone. An index that lists a deleted
 * manifest stays as it is: it says what belongs together, not that all of it is here; but what a tag that is written once
 * consists of stays. Blobs go once nothing needs them.
 *
 * @source OCI distribution-spec 1.1 "Deleting tags", "Deleting Manifests"
 */
@Injectable()
export class DeleteManifest {
  constructor(
    private readonly db: Database,
    private readonly stores: ContentStores,
    private readonly report: Report,
    private readonly life: ContentLife,
    private readonly rules: ContentRules,
  ) {}

  /**
   * @throws AppError 'not-found' NAME_UNKNOWN or MANIFEST_UNKNOWN; 'denied' for a tag that the token isn't good for,
   *   or that is written once; 'malformed' UNSUPPORTED; 'unavailable'
   */
  async delete(caller: DataPlaneCaller, { name, reference }: UnwantedManifest): Promise<void> {
    this.life.requireDeletes();
    await this.db.transaction(async (tx) => {
      const repository = await this.stores.repositories.find(tx, addressOf(caller, name));
      if (repository === null) throw ociError({ code: 'NAME_UNKNOWN' });
      const freedBytes =
        reference.kind === 'tag'
          ? await this.untag(tx, caller, { repository, tag: reference.tag })
          : await this.remove(tx, caller, { repository, digest: reference.digest });
      await this.stores.repositories.raiseVersion(tx, repository);
      await this.stores.quota.free(tx, repository, growthBy(freedBytes));
    });
  }

  /** Both say how many bytes became free. */
  private async untag(
    tx: Transaction,
    caller: DataPlaneCaller,
    { repository, tag }: { repository: Repository; tag: Tag },
  ): Promise<number> {
    const digest = await this.stores.manifests.deleteTag(tx, repository, tag);
    if (digest === null) throw ociError({ code: 'MANIFEST_UNKNOWN' });
    await requireNotWrittenOnce(this.rules, caller, { repository, tags: [tag] });
    await this.report.untagged(tx, caller, { repository: repository.name, reference: { kind: 'tag', tag }, digest });
    return 0;
  }

  private async remove(
    tx: Transaction,
    caller: DataPlaneCaller,
    { repository, digest }: { repository: Repository; digest: Digest },
  ): Promise<number> {
    const at = this.life.now();
    await this.stores.quarantines.lock(tx, repository, digest);
    await this.stores.quarantines.stopClock(tx, repository, { digest, at });
    await this.stores.blobs.hold(tx, repository, digest);
    const removed = await this.stores.manifests.delete(tx, repository, digest);
    if (removed === null) throw ociError({ code: 'MANIFEST_UNKNOWN' });
    // Which tags go with it nobody knew before; of what has none, or is listed elsewhere, nobody knows whose part it is.
    const isWholeOfItsTags = removed.tags.length > 0 && !removed.isListed;
    await caller.confirmTags(isWholeOfItsTags ? removed.tags : null);
    const isPart = removed.isListed && this.rules.writesOnceIn(repository);
    const wholes = isPart ? await this.stores.manifests.tagsOver(tx, repository, digest) : [];
    await requireNotWrittenOnce(this.rules, caller, { repository, tags: [...removed.tags, ...wholes] });
    const reviewAfter = this.life.reviewAfter();
    await this.stores.blobs.reconsider(tx, repository, { digests: removed.blobs, at, reviewAfter });
    await this.report.manifestDeleted(tx, caller, { repository: repository.name, digest }, removed.tags);
    return removed.sizeBytes;
  }
}
