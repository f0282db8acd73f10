import type { Queryable, Transaction } from '@berth/persistence';
import type { PrincipalPage, User, UserStore } from '../user.js';

/** A user's row, as {@link userColumns} names it. */
export interface UserRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly email: string | null;
  readonly password_hash: string | null;
  readonly password_version: number;
  readonly status: User['status'];
  readonly operator: boolean;
  readonly is_imported: boolean;
  readonly version: number;
  readonly created_at: Date;
  readonly changed_at: Date;
}

/** The columns of {@link UserRow}, for `user_account u`. */
export const userColumns = `u.id, u.account, u.name, u.email, u.password_hash,
  coalesce(u.password_version, u.version) as password_version, u.status, u.operator, u.is_imported, u.version,
  u.created_at, coalesce(u.changed_at, u.created_at) as changed_at`;

/** {@link UserStore} on Postgres. */
export class PostgresUserStore implements UserStore {
  async find(db: Queryable, account: string, id: string): Promise<User | null> {
    const [row] = await db.query<UserRow>(
      `select ${userColumns} from user_account u where u.account = $1 and u.id = $2`,
      [account, id],
    );
    return row === undefined ? null : userOf(row);
  }

  async lock(tx: Transaction, account: string, id: string): Promise<User | null> {
    const [row] = await tx.query<UserRow>(
      `select ${userColumns} from user_account u where u.account = $1 and u.id = $2 for update`,
      [account, id],
    );
    return row === undefined ? null : userOf(row);
  }

  async page(db: Queryable, account: string, { after, limit }: PrincipalPage): Promise<User[]> {
    const rows = await db.query<UserRow>(
      `select ${userColumns} from user_account u where u.account = $1 and u.name > $2 order by u.name limit $3`,
      [account, after ?? '', limit],
    );
    return rows.map(userOf);
  }

  async hasOperator(db: Queryable): Promise<boolean> {
    const found = await db.query(`select 1 from user_account where operator limit 1`);
    return found.length > 0;
  }

  async hasOtherOperator(tx: Transaction, id: string): Promise<boolean> {
    const others = await tx.query(
      `select id from user_account where operator and status = 'enabled' and password_hash is not null and id <> $1 order by id for share`,
      [id],
    );
    return others.length > 0;
  }

  async insert(tx: Transaction, user: User): Promise<boolean> {
    const inserted = await tx.query(
      `insert into user_account (id, account, name, email, password_hash, password_version, status, operator, is_imported,
                                 version, created_at, changed_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       on conflict do nothing
       returning id`,
      [
        user.id,
        user.account,
        user.name,
        user.email,
        user.passwordHash,
        user.passwordVersion,
        user.status,
        user.operator,
        user.isImported,
        user.version,
        new Date(user.createdAtMs),
        new Date(user.changedAtMs),
      ],
    );
    return inserted.length === 1;
  }

  async update(tx: Transaction, user: User): Promise<void> {
    await tx.query(
      `update user_account
          set email = $3, password_hash = $4, password_version = $5, status = $6, version = $7, changed_at = $8
        where account = $1 and id = $2`,
      [
        user.account,
        user.id,
        user.email,
        user.passwordHash,
        user.passwordVersion,
        user.status,
        user.version,
        new Date(user.changedAtMs),
      ],
    );
  }

  async delete(tx: Transaction, { account, id }: User): Promise<void> {
    await tx.query(`delete from group_member where account = $1 and member_kind = 'user' and member_id = $2`, [
      account,
      id,
    ]);
    await tx.query(`delete from user_account where account = $1 and id = $2`, [account, id]);
  }
}

export function userOf(row: UserRow): User {
  return {
    id: row.id,
    account: row.account,
    name: row.name,
    email: row.email,
    passwordHash: row.password_hash,
    passwordVersion: row.password_version,
    status: row.status,
    operator: row.operator,
    isImported: row.is_imported,
    version: row.version,
    createdAtMs: row.created_at.getTime(),
    changedAtMs: row.changed_at.getTime(),
  };
}
