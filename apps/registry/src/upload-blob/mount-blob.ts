import { isRepositoryName, type Digest, type RepositoryName } from '@berth/oci';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { addressOf, incarnationOf, type DataPlaneCaller } from '../caller.js';
import { ContentLife } from '../content-life.js';
import { ContentStores } from '../content-stores.js';
import { Report } from '../report.js';
import type { Uploader } from './start-upload.js';

/** What shall be visible here too, and where it is; null = wherever the caller may pull it. */
export interface WantedMount {
  readonly digest: Digest;
  readonly from: RepositoryName | null;
}

/**
 * Makes a blob of another repository visible in this one, without its bytes being sent. Whatever stands in the way, the
 * client is told to upload: why is not to be told apart, or a mount would be a way to ask what is where.
 *
 * @source OCI distribution-spec 1.1 "Mounting a blob from another repository"
 */
@Injectable()
export class MountBlob {
  constructor(
    private readonly db: Database,
    private readonly stores: ContentStores,
    private readonly report: Report,
    private readonly life: ContentLife,
  ) {}

  /**
   * @returns whether it is mounted
   * @throws AppError 'unauthenticated' when this repository was deleted after the token was decided; 'denied' when there is
   *   no room for it here by a quota; 'unavailable'
   */
  async mount(uploader: Uploader, { digest, from }: WantedMount): Promise<boolean> {
    const readable = readableBy(uploader.caller, from);
    // Most have it nowhere; only a transaction can say for sure, and it makes the repository.
    const found = await Promise.all(
      readable.map((name) => this.stores.blobs.find(addressOf(uploader.caller, name), digest)),
    );
    const sources = readable.filter((_, i) => found[i]?.isBad === false);
    if (sources.length === 0) return false;
    try {
      await this.db.transaction((tx) => this.mountFromOne(tx, uploader, { digest, sources }));
      return true;
    } catch (e) {
      if (e instanceof NothingToMount) return false;
      throw e;
    }
  }

  /** @throws NothingToMount, so that nothing of the try stays */
  private async mountFromOne(
    tx: Transaction,
    { caller, address }: Uploader,
    { digest, sources }: { digest: Digest; sources: readonly RepositoryName[] },
  ): Promise<void> {
    const at = this.life.now();
    const repository = await this.stores.openFor(caller, tx, { address, at });
    const arrival = { digest, principal: caller.claims.sub, at, reviewAfter: this.life.reviewAfter() };
    for (const name of sources) {
      const opening = { address: addressOf(caller, name), incarnation: incarnationOf(caller, name), at };
      const source = await this.stores.repositories.findFor(tx, opening);
      const mounted = source && (await this.stores.blobs.mount(tx, repository, { source, ...arrival }));
      if (mounted === null) continue;
      const { blob, growth } = mounted;
      await this.report.blobMounted(tx, caller, { repository: address.name, digest, bytes: blob.sizeBytes });
      return this.stores.quota.settle(tx, caller, { address: repository, growth, reservedBytes: 0 });
    }
    throw new NothingToMount();
  }
}

class NothingToMount extends Error {}

/** The one that is named, or all that the token names, if the caller may pull from it. */
function readableBy(caller: DataPlaneCaller, from: RepositoryName | null): readonly RepositoryName[] {
  const named = from === null ? caller.claims.access.map(({ name }) => name).filter(isRepositoryName) : [from];
  return [...new Set(named)].filter((name) => caller.mayPull(name));
}
