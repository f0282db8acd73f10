import type { AccountDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { AccountStore, type AccountPage } from '../account.js';

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'id, name, version, changed_at';

/** Accounts in Postgres. */
export class PostgresAccountStore extends AccountStore {
  async find(db: Queryable, name: string): Promise<AccountDefinition | null> {
    const rows = await db.query<AccountRow>(`select ${columns} from account where name = $1`, [name]);
    return rows.map(accountOf)[0] ?? null;
  }

  async page(db: Queryable, { after, limit }: AccountPage): Promise<AccountDefinition[]> {
    const sql = `select ${columns} from account where name > $1 order by name limit $2`;
    return (await db.query<AccountRow>(sql, [after ?? '', limit])).map(accountOf);
  }

  async insert(tx: Transaction, { id, name, version, changedAt }: AccountDefinition): Promise<boolean> {
    const inserted = await tx.query(
      `insert into account (${columns}) values ($1, $2, $3, $4)
       on conflict do nothing
       returning id`,
      [id, name, version, changedAt],
    );
    return inserted.length === 1;
  }
}

function accountOf({ id, name, version, changed_at }: AccountRow): AccountDefinition {
  return { kind: 'account', id, account: id, name, version, status: 'active', changedAt: changed_at.toISOString() };
}
