import type { RoleAssignmentDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { RoleAssignmentStore, type RoleAssignmentContent, type RoleAssignmentPage } from '../role-assignment.js';

interface RoleAssignmentRow {
  readonly id: string;
  readonly account: string;
  readonly principal: string;
  readonly role: string;
  readonly scope: RoleAssignmentDefinition['scope'];
  readonly condition: { repositories: string[] } | null;
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'id, account, principal, role, scope, condition, version, changed_at';

/** Role assignments in Postgres. */
export class PostgresRoleAssignmentStore extends RoleAssignmentStore {
  async ofPrincipals(
    db: Queryable,
    account: string,
    principals: readonly string[],
  ): Promise<RoleAssignmentDefinition[]> {
    const rows = await db.query<RoleAssignmentRow>(
      `select ${columns} from role_assignment where account = $1 and principal = any($2) order by id`,
      [account, principals],
    );
    return rows.map(assignmentOf);
  }

  async find(db: Queryable, account: string, id: string): Promise<RoleAssignmentDefinition | null> {
    const rows = await db.query<RoleAssignmentRow>(
      `select ${columns} from role_assignment where account = $1 and id = $2`,
      [account, id],
    );
    return rows.map(assignmentOf)[0] ?? null;
  }

  async same(
    db: Queryable,
    account: string,
    { principal, role, scope, condition }: RoleAssignmentContent,
  ): Promise<RoleAssignmentDefinition | null> {
    const rows = await db.query<RoleAssignmentRow>(
      `select ${columns} from role_assignment
        where account = $1 and principal = $2 and role = $3 and scope = $4 and condition is not distinct from $5
        order by id limit 1`,
      [account, principal, role, JSON.stringify(scope), jsonOrNull(condition)],
    );
    return rows.map(assignmentOf)[0] ?? null;
  }

  async page(db: Queryable, account: string, page: RoleAssignmentPage): Promise<RoleAssignmentDefinition[]> {
    const { principal, role, scope, after, limit } = page;
    const rows = await db.query<RoleAssignmentRow>(
      `select ${columns} from role_assignment
        where account = $1 and ($2::text is null or principal = $2) and ($3::text is null or role = $3)
          and ($4::jsonb is null or scope = $4) and ($5::uuid is null or id > $5)
        order by id limit $6`,
      [account, principal, role, jsonOrNull(scope ?? undefined), after, limit],
    );
    return rows.map(assignmentOf);
  }

  async countOfRole(db: Queryable, account: string, role: string): Promise<number> {
    const sql = `select count(*) as count from role_assignment where account = $1 and role = $2`;
    const rows = await db.query<{ count: number }>(sql, [account, role]);
    return rows[0]?.count ?? 0;
  }

  async insert(tx: Transaction, assignment: RoleAssignmentDefinition): Promise<boolean> {
    const { id, account, principal, role, scope, condition, version, changedAt } = assignment;
    const inserted = await tx.query(
      `insert into role_assignment (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (id) do nothing
       returning id`,
      [id, account, principal, role, JSON.stringify(scope), jsonOrNull(condition), version, changedAt],
    );
    return inserted.length === 1;
  }

  async delete(tx: Transaction, { account, id }: RoleAssignmentDefinition): Promise<void> {
    await tx.query(`delete from role_assignment where account = $1 and id = $2`, [account, id]);
  }
}

function jsonOrNull(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function assignmentOf({ condition, changed_at, ...row }: RoleAssignmentRow): RoleAssignmentDefinition {
  return {
    kind: 'role-assignment',
    ...row,
    ...(condition === null ? {} : { condition }),
    status: 'active',
    changedAt: changed_at.toISOString(),
  };
}
