import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { ManagementReport } from '../management-report.js';
import { noSuchRepository, RegistryAccess } from '../registry-access.js';
import { RepositoryStore } from '../repository.js';
import { DeletionNews } from './deletion-news.js';

/** Which repository shall go. */
export interface UnwantedRepository {
  readonly registry: string;
  readonly repository: string;
}

/**
 * Deletes a repository with all that it holds: its name is free at once, and whoever creates it again begins with nothing,
 * not even with the tokens that opened the old one. Its rows and bytes are removed afterwards, in small steps.
 */
@Injectable()
export class DeleteRepository {
  constructor(
    private readonly db: Database,
    private readonly access: RegistryAccess,
    private readonly repositories: RepositoryStore,
    private readonly report: ManagementReport,
    private readonly news: DeletionNews,
  ) {}

  /** @throws AppError 'not-found', 'denied' (with an entry in the audit log), 'unavailable' */
  async execute(caller: Caller, { registry, repository }: UnwantedRepository): Promise<void> {
    const authorized = await this.access.authorize(caller, { registry, repository, action: 'content/delete' });
    const { address } = authorized;
    const at = this.news.now();
    const deletion = await this.db.transaction(async (tx) => {
      const version = await this.news.nextVersion(tx);
      if (!(await this.repositories.detach(tx, { address, version, at }))) throw noSuchRepository();
      const { account, registryId, name } = address;
      const gone = { account, registryId, repository: name, version, deletedAt: at.toISOString() };
      await this.report.repositoryDeleted(tx, authorized);
      await this.news.publish(tx, gone);
      return gone;
    });
    await this.news.spread(deletion);
  }
}
