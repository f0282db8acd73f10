import type { EnforcementDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { EnforcementStore } from '../enforcement.js';

interface EnforcementRow {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly is_enforced: boolean;
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'id, account, region, is_enforced, version, changed_at';

/** Enforcement in Postgres. */
export class PostgresEnforcementStore extends EnforcementStore {
  async ofAccount(db: Queryable, account: string): Promise<EnforcementDefinition[]> {
    const sql = `select ${columns} from enforcement where account = $1 order by region`;
    return (await db.query<EnforcementRow>(sql, [account])).map(enforcementOf);
  }

  async lock(tx: Transaction, account: string, region: string): Promise<EnforcementDefinition | null> {
    const sql = `select ${columns} from enforcement where account = $1 and region = $2 for update`;
    return (await tx.query<EnforcementRow>(sql, [account, region])).map(enforcementOf)[0] ?? null;
  }

  async insert(tx: Transaction, enforcement: EnforcementDefinition): Promise<boolean> {
    const { id, account, region, isEnforced, version, changedAt } = enforcement;
    const inserted = await tx.query(
      `insert into enforcement (${columns}) values ($1, $2, $3, $4, $5, $6)
       on conflict (account, region) do nothing
       returning id`,
      [id, account, region, isEnforced, version, changedAt],
    );
    return inserted.length === 1;
  }

  async update(tx: Transaction, { id, account, isEnforced, version, changedAt }: EnforcementDefinition): Promise<void> {
    await tx.query(
      `update enforcement set is_enforced = $3, version = $4, changed_at = $5 where id = $1 and account = $2`,
      [id, account, isEnforced, version, changedAt],
    );
  }
}

function enforcementOf({ is_enforced, changed_at, ...row }: EnforcementRow): EnforcementDefinition {
  return {
    kind: 'enforcement',
    ...row,
    isEnforced: is_enforced,
    status: 'active',
    changedAt: changed_at.toISOString(),
  };
}
