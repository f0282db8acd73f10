import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { closedForGood } from '../hindrance.js';
import { ManagementReport } from '../management-report.js';
import { QuarantineStore } from '../quarantine.js';
import { noSuchRepository, RegistryAccess } from '../registry-access.js';
import { RepositoryRemoval } from '../repository-removal.js';

/** Which repository shall go. */
export interface UnwantedRepository {
  readonly registry: string;
  readonly repository: string;
}

/**
 * Deletes a repository for a caller who may delete its content; who may also decide about quarantines, if it has any that
 * somebody must decide about: made again it begins with nothing decided.
 */
@Injectable()
export class DeleteRepository {
  constructor(
    private readonly access: RegistryAccess,
    private readonly removal: RepositoryRemoval,
    private readonly quarantines: QuarantineStore,
    private readonly report: ManagementReport,
  ) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' */
  async execute(caller: Caller, { registry, repository }: UnwantedRepository): Promise<void> {
    const authorized = await this.access.authorize(caller, { registry, repository, action: 'content/delete' });
    const mayDecide = this.access.mayAlso(authorized, 'quarantine/write');
    const isRemoved = await this.removal.remove(authorized.address, async (tx, removed) => {
      if (!mayDecide && (await this.quarantines.closesForGood(tx, removed))) {
        await this.access.forbid(authorized, closedForGood);
      }
      await this.report.repositoryDeleted(tx, authorized);
    });
    if (!isRemoved) throw noSuchRepository();
  }
}
