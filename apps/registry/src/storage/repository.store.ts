import type { Queryable } from '@berth/persistence';
import { AppError } from '@berth/errors';
import { v7 } from 'uuid';
import { RepositoryStore, type Repository, type RepositoryAddress } from '../repository.js';

/** Repositories in Postgres. */
export class PostgresRepositoryStore extends RepositoryStore {
  async find(db: Queryable, address: RepositoryAddress): Promise<Repository | null> {
    const [row] = await db.query<{ id: string }>(`select id from repository where registry_id = $1 and name = $2`, [
      address.registryId,
      address.name,
    ]);
    return row === undefined ? null : { ...address, id: row.id };
  }

  async ensure(tx: Queryable, { address, at }: { address: RepositoryAddress; at: Date }): Promise<Repository> {
    const known = await this.find(tx, address);
    if (known !== null) return known;
    await tx.query(
      `insert into repository (id, account, registry_id, name, created_at) values ($1, $2, $3, $4, $5)
       on conflict (registry_id, name) do nothing`,
      [v7(), address.account, address.registryId, address.name, at],
    );
    const made = await this.find(tx, address);
    if (made === null) throw new AppError({ kind: 'bug', message: 'a repository vanished while it was made' });
    return made;
  }
}
