import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { DeletionNews } from './deletion-news.js';
import { RepositoryStore, type Repository, type RepositoryAddress } from './repository.js';

/**
 * Takes a repository away with all that it holds: its name is free at once, and whoever creates it again begins with
 * nothing, not even with the tokens that opened the old one. Its rows and bytes are removed afterwards, in small steps.
 */
@Injectable()
export class RepositoryRemoval {
  constructor(
    private readonly db: Database,
    private readonly repositories: RepositoryStore,
    private readonly news: DeletionNews,
  ) {}

  /**
   * @param tell writes the entry, in the transaction of the removal; nothing is removed if it throws
   * @returns false when there is no such repository; nothing is told then
   * @throws AppError 'unavailable'
   */
  async remove(
    address: RepositoryAddress,
    tell: (tx: Transaction, removed: Repository) => Promise<void>,
  ): Promise<boolean> {
    const at = this.news.now();
    const { account, registryId, name } = address;
    const deletion = await this.db.transaction(async (tx) => {
      const version = await this.news.nextVersion(tx);
      const removed = await this.repositories.detach(tx, { address, version, at });
      if (removed === null) return null;
      const gone = { account, registryId, repository: name, version, deletedAt: at.toISOString() };
      await tell(tx, removed);
      await this.news.publish(tx, gone);
      return gone;
    });
    if (deletion === null) return false;
    await this.news.spread(deletion);
    return true;
  }
}
