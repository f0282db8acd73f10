import type { Queryable, Transaction } from '@berth/persistence';
import type { FederatedGroup, FederatedPerson, FederatedPersonStore, PersonKey } from '../federated-person.js';

/** Held until the transaction ends, on a thing that has no row yet. */
const lockOnName = `select pg_advisory_xact_lock(hashtextextended($1, 0))`;

/** {@link FederatedPersonStore} on Postgres. */
export class PostgresFederatedPersonStore implements FederatedPersonStore {
  async lock(tx: Transaction, { issuer, subject }: PersonKey): Promise<string | null> {
    await tx.query(lockOnName, [`federated-user ${issuer} ${subject}`]);
    const [row] = await tx.query<{ user_id: string }>(
      `select user_id from federated_user where issuer = $1 and subject = $2`,
      [issuer, subject],
    );
    return row?.user_id ?? null;
  }

  async put(tx: Transaction, { issuer, subject, userId, account, loggedInAtMs }: FederatedPerson): Promise<void> {
    await tx.query(
      `insert into federated_user (issuer, subject, user_id, account, logged_in_at) values ($1, $2, $3, $4, $5)
       on conflict (issuer, subject) do update set logged_in_at = excluded.logged_in_at`,
      [issuer, subject, userId, account, new Date(loggedInAtMs)],
    );
  }

  async loggedInAt(db: Queryable, account: string, userId: string): Promise<number | null> {
    const [row] = await db.query<{ logged_in_at: Date }>(
      `select logged_in_at from federated_user where account = $1 and user_id = $2 order by logged_in_at desc limit 1`,
      [account, userId],
    );
    return row?.logged_in_at.getTime() ?? null;
  }

  async groups(tx: Transaction, issuer: string, values: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await tx.query<{ value: string; group_id: string }>(
      `select value, group_id from federated_group where issuer = $1 and value = any($2::text[])`,
      [issuer, values],
    );
    return new Map(rows.map(({ value, group_id: groupId }) => [value, groupId]));
  }

  async lockGroups(tx: Transaction, issuer: string): Promise<void> {
    await tx.query(lockOnName, [`federated-groups ${issuer}`]);
  }

  async insertGroup(tx: Transaction, { issuer, value, groupId, account }: FederatedGroup): Promise<void> {
    await tx.query(`insert into federated_group (issuer, value, group_id, account) values ($1, $2, $3, $4)`, [
      issuer,
      value,
      groupId,
      account,
    ]);
  }

  async groupIdsOf(tx: Transaction, userId: string): Promise<readonly string[]> {
    const rows = await tx.query<{ id: string }>(
      `select g.id from group_member m join principal_group g on g.id = m.group_id
        where m.member_kind = 'user' and m.member_id = $1 and g.issuer is not null`,
      [userId],
    );
    return rows.map(({ id }) => id);
  }
}
