import type { AccessPolicyDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { AccessPolicyStore, type AccessPolicyContent, type AccessPolicyPage } from '../access-policy.js';

interface AccessPolicyRow {
  readonly id: string;
  readonly account: string;
  readonly subject: string;
  readonly roles: string[];
  readonly target: AccessPolicyDefinition['target'];
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'id, account, subject, roles, target, version, changed_at';

/** Access policies in Postgres. */
export class PostgresAccessPolicyStore extends AccessPolicyStore {
  async find(db: Queryable, account: string, id: string): Promise<AccessPolicyDefinition | null> {
    const sql = `select ${columns} from access_policy where account = $1 and id = $2`;
    return (await db.query<AccessPolicyRow>(sql, [account, id])).map(policyOf)[0] ?? null;
  }

  async same(
    db: Queryable,
    account: string,
    { subject, roles, target }: AccessPolicyContent,
  ): Promise<AccessPolicyDefinition | null> {
    const rows = await db.query<AccessPolicyRow>(
      `select ${columns} from access_policy
        where account = $1 and subject = $2 and roles = $3 and target = $4
        order by id limit 1`,
      [account, subject, roles, JSON.stringify(target)],
    );
    return rows.map(policyOf)[0] ?? null;
  }

  async page(db: Queryable, account: string, page: AccessPolicyPage): Promise<AccessPolicyDefinition[]> {
    const { subject, after, limit } = page;
    const rows = await db.query<AccessPolicyRow>(
      `select ${columns} from access_policy
        where account = $1 and ($2::text is null or subject = $2) and ($3::uuid is null or id > $3)
        order by id limit $4`,
      [account, subject, after, limit],
    );
    return rows.map(policyOf);
  }

  async insert(tx: Transaction, policy: AccessPolicyDefinition): Promise<void> {
    await tx.query(`insert into access_policy (${columns}) values ($1, $2, $3, $4, $5, $6, $7)`, valuesOf(policy));
  }

  async update(tx: Transaction, policy: AccessPolicyDefinition): Promise<void> {
    await tx.query(
      `update access_policy set subject = $3, roles = $4, target = $5, version = $6, changed_at = $7
        where id = $1 and account = $2`,
      valuesOf(policy),
    );
  }

  async delete(tx: Transaction, { account, id }: AccessPolicyDefinition): Promise<void> {
    await tx.query(`delete from access_policy where account = $1 and id = $2`, [account, id]);
  }
}

function valuesOf({ id, account, subject, roles, target, version, changedAt }: AccessPolicyDefinition): unknown[] {
  return [id, account, subject, roles, JSON.stringify(target), version, changedAt];
}

function policyOf({ changed_at, ...row }: AccessPolicyRow): AccessPolicyDefinition {
  return { kind: 'access-policy', ...row, status: 'active', changedAt: changed_at.toISOString() };
}
