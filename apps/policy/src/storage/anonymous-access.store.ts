import type { AnonymousAccessDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { AnonymousAccessStore } from '../anonymous-access.js';

interface AnonymousAccessRow {
  readonly registry_id: string;
  readonly account: string;
  readonly repositories: string[];
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'registry_id, account, repositories, version, changed_at';

/** Anonymous access in Postgres. */
export class PostgresAnonymousAccessStore extends AnonymousAccessStore {
  async find(db: Queryable, account: string, registryId: string): Promise<AnonymousAccessDefinition | null> {
    const sql = `select ${columns} from anonymous_access where account = $1 and registry_id = $2`;
    return (await db.query<AnonymousAccessRow>(sql, [account, registryId])).map(accessOf)[0] ?? null;
  }

  async put(tx: Transaction, access: AnonymousAccessDefinition): Promise<void> {
    const { registryId, account, repositories, version, changedAt } = access;
    await tx.query(
      `insert into anonymous_access (${columns}) values ($1, $2, $3, $4, $5)
       on conflict (registry_id) do update
         set repositories = excluded.repositories, version = excluded.version, changed_at = excluded.changed_at`,
      [registryId, account, repositories, version, changedAt],
    );
  }

  async delete(tx: Transaction, registryId: string): Promise<void> {
    await tx.query(`delete from anonymous_access where registry_id = $1`, [registryId]);
  }
}

function accessOf({ registry_id, changed_at, ...row }: AnonymousAccessRow): AnonymousAccessDefinition {
  return {
    kind: 'anonymous-access',
    id: registry_id,
    ...row,
    registryId: registry_id,
    status: 'active',
    changedAt: changed_at.toISOString(),
  };
}
