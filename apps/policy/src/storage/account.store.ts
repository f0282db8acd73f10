import type { AccountDefinition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';
import { AccountStore } from '../account.js';

/** Accounts in Postgres. */
export class PostgresAccountStore extends AccountStore {
  async insert(tx: Transaction, { id, name, version, changedAt }: AccountDefinition): Promise<boolean> {
    const inserted = await tx.query(
      `insert into account (id, name, version, changed_at) values ($1, $2, $3, $4)
       on conflict (id) do nothing
       returning id`,
      [id, name, version, changedAt],
    );
    return inserted.length === 1;
  }
}
