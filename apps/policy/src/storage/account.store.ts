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

  async lock(tx: Transaction, id: string): Promise<AccountDefinition | null> {
    const rows = await tx.query<AccountRow>(`select ${columns} from account where id = $1 for update`, [id]);
    return rows.map(accountOf)[0] ?? null;
  }

  async lockIfFree(tx: Transaction, id: string): Promise<AccountDefinition | null> {
    const sql = `select ${columns} from account where id = $1 for update skip locked`;
    return (await tx.query<AccountRow>(sql, [id])).map(accountOf)[0] ?? null;
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

  async delete(tx: Transaction, { id, name }: AccountDefinition, heldUntil: Date): Promise<void> {
    await tx.query(`delete from account where id = $1`, [id]);
    await tx.query(
      `insert into held_account_name (name, held_until) values ($1, $2)
       on conflict (name) do update set held_until = excluded.held_until`,
      [name, heldUntil],
    );
  }

  async heldUntil(db: Queryable, name: string, now: Date): Promise<Date | null> {
    const rows = await db.query<{ held_until: Date }>(
      `select held_until from held_account_name where name = $1 and held_until > $2`,
      [name, now],
    );
    return rows[0]?.held_until ?? null;
  }
}

function accountOf({ id, name, version, changed_at }: AccountRow): AccountDefinition {
  return { kind: 'account', id, account: id, name, version, status: 'active', changedAt: changed_at.toISOString() };
}
