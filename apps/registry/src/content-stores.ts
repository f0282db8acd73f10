import type { Digest } from '@berth/oci';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { BlobIndexStore } from './blob.js';
import { incarnationOf, type DataPlaneCaller } from './caller.js';
import { ManifestStore } from './manifest.js';
import { QuarantineStore } from './quarantine.js';
import { RepositoryStore, type Repository, type RepositoryAddress } from './repository.js';
import { StorageQuota } from './storage-quota.js';

/** The stores of what repositories hold, which a push writes together, and how much that may be. */
@Injectable()
export class ContentStores {
  constructor(
    readonly repositories: RepositoryStore,
    readonly manifests: ManifestStore,
    readonly blobs: BlobIndexStore,
    readonly quarantines: QuarantineStore,
    readonly quota: StorageQuota,
  ) {}

  /**
   * The repository that a caller changes; the first content makes it.
   *
   * @throws AppError 'unauthenticated' when the name was deleted since the caller's token was decided
   */
  async openFor(
    caller: DataPlaneCaller,
    tx: Transaction,
    { address, at }: { address: RepositoryAddress; at: Date },
  ): Promise<Repository> {
    const incarnation = incarnationOf(caller, address.name);
    const opened = await this.repositories.open(tx, { address, incarnation, at });
    return opened ?? caller.refuseOutdated();
  }

  /**
   * Makes what was decided about a digest true for pulls: of its manifest, of the blobs to which that refers, and at every
   * replica.
   * The links are held already, see {@link BlobIndexStore.hold}.
   */
  async obeyQuarantine(
    tx: Transaction,
    repository: Repository,
    { digest, at }: { digest: Digest; at: Date },
  ): Promise<void> {
    const isChanged = await this.manifests.obeyQuarantine(tx, repository, digest);
    // Always: what was linked or released beside it was by another state.
    const isWeighed = await this.blobs.weigh(tx, repository, { manifest: digest, at });
    if (isChanged || isWeighed) await this.repositories.raiseVersion(tx, repository);
  }
}
