import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { BlobIndexStore } from './blob.js';
import { incarnationOf, type DataPlaneCaller } from './caller.js';
import { ManifestStore } from './manifest.js';
import { RepositoryStore, type Repository, type RepositoryAddress } from './repository.js';

/** The stores of what repositories hold, which a push writes together. */
@Injectable()
export class ContentStores {
  constructor(
    readonly repositories: RepositoryStore,
    readonly manifests: ManifestStore,
    readonly blobs: BlobIndexStore,
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
}
