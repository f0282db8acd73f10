import type { Queryable, Transaction } from '@berth/persistence';
import type { User, UserStore } from '../user.js';

interface UserRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly password_hash: string | null;
  readonly status: 'enabled' | 'disabled';
  readonly operator: boolean;
  readonly version: number;
  readonly created_at: Date;
}

/** {@link UserStore} on Postgres. */
export class PostgresUserStore implements UserStore {
  async byName(db: Queryable, account: string, name: string): Promise<User | null> {
    const [row] = await db.query<UserRow>(
      `select id, account, name, password_hash, status, operator, version, created_at
         from user_account where account = $1 and name = $2`,
      [account, name],
    );
    if (row === undefined) return null;
    const { password_hash: passwordHash, created_at: createdAt, ...rest } = row;
    return { ...rest, passwordHash, createdAtMs: createdAt.getTime() };
  }

  async hasOperator(db: Queryable): Promise<boolean> {
    const found = await db.query(`select 1 from user_account where operator limit 1`);
    return found.length > 0;
  }

  async insert(tx: Transaction, user: User): Promise<boolean> {
    const inserted = await tx.query(
      `insert into user_account (id, account, name, password_hash, status, operator, version, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict do nothing
       returning id`,
      [
        user.id,
        user.account,
        user.name,
        user.passwordHash,
        user.status,
        user.operator,
        user.version,
        new Date(user.createdAtMs),
      ],
    );
    return inserted.length === 1;
  }
}
