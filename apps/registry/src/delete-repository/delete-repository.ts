import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { ManagementReport } from '../management-report.js';
import { noSuchRepository, RegistryAccess } from '../registry-access.js';
import { RepositoryRemoval } from '../repository-removal.js';

/** Which repository shall go. */
export interface UnwantedRepository {
  readonly registry: string;
  readonly repository: string;
}

/** Deletes a repository for a caller who may delete its content. */
@Injectable()
export class DeleteRepository {
  constructor(
    private readonly access: RegistryAccess,
    private readonly removal: RepositoryRemoval,
    private readonly report: ManagementReport,
  ) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' */
  async execute(caller: Caller, { registry, repository }: UnwantedRepository): Promise<void> {
    const authorized = await this.access.authorize(caller, { registry, repository, action: 'content/delete' });
    const isRemoved = await this.removal.remove(authorized.address, (tx) =>
      this.report.repositoryDeleted(tx, authorized),
    );
    if (!isRemoved) throw noSuchRepository();
  }
}
