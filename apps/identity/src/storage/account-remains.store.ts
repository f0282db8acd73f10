import type { Queryable, Transaction } from '@berth/persistence';
import { principalsPerBatch, type AccountRemainsStore, type Removed, type RemovedBatch } from '../account-remains.js';

/**
 * Who goes, in this order: nobody logs in by a federation that is gone, and each row goes after what belongs to it. Workloads
 * are a part of their own: while two replicas delete a federation each of the same one, each still sees the other's.
 */
const parts: readonly {
  readonly kind: RemovedBatch['kind'];
  readonly table: string;
  /** Which rows may go now; left out = all. */
  readonly where?: string;
  readonly first: readonly string[];
}[] = [
  { kind: 'federation', table: 'federation', first: [] },
  {
    kind: 'workload',
    table: 'workload',
    where: 'not exists (select from federation where workload_id = workload.id)',
    first: [],
  },
  {
    kind: 'service',
    table: 'service_id',
    first: [
      `delete from api_key where account = $1 and service_id = any($2::uuid[])`,
      `delete from group_member where account = $1 and member_kind = 'service' and member_id = any($2::uuid[])`,
    ],
  },
  {
    kind: 'group',
    table: 'principal_group',
    first: [`delete from group_member where account = $1 and group_id = any($2::uuid[])`],
  },
  {
    kind: 'user',
    table: 'user_account',
    first: [`delete from group_member where account = $1 and member_kind = 'user' and member_id = any($2::uuid[])`],
  },
];

/** {@link AccountRemainsStore} on Postgres. */
export class PostgresAccountRemainsStore implements AccountRemainsStore {
  async accountsWithAny(db: Queryable, accounts: readonly string[]): Promise<string[]> {
    const any = parts.map(({ table }) => `exists (select from ${table} where account = asked.id)`).join(' or ');
    const rows = await db.query<{ id: string }>(`select id from unnest($1::uuid[]) as asked (id) where ${any}`, [
      accounts,
    ]);
    return rows.map(({ id }) => id);
  }

  async deleteSome(tx: Transaction, account: string): Promise<RemovedBatch | null> {
    for (const { kind, table, where = 'true', first } of parts) {
      const removed = await tx.query<Removed>(
        `select id, name from ${table} where account = $1 and ${where} order by name limit $2 for update skip locked`,
        [account, principalsPerBatch],
      );
      if (removed.length === 0) continue;
      const ids = removed.map(({ id }) => id);
      for (const statement of first) await tx.query(statement, [account, ids]);
      await tx.query(`delete from ${table} where account = $1 and id = any($2::uuid[])`, [account, ids]);
      return { kind, removed };
    }
    return null;
  }
}
