import type { RoleAssignmentDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { RoleAssignmentStore } from '../role-assignment.js';

interface RoleAssignmentRow {
  readonly id: string;
  readonly account: string;
  readonly principal: string;
  readonly role: string;
  readonly scope: RoleAssignmentDefinition['scope'];
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'id, account, principal, role, scope, version, changed_at';

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

  async insert(tx: Transaction, assignment: RoleAssignmentDefinition): Promise<boolean> {
    const { id, account, principal, role, scope, version, changedAt } = assignment;
    const inserted = await tx.query(
      `insert into role_assignment (${columns}) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (id) do nothing
       returning id`,
      [id, account, principal, role, JSON.stringify(scope), version, changedAt],
    );
    return inserted.length === 1;
  }
}

function assignmentOf({ changed_at, ...row }: RoleAssignmentRow): RoleAssignmentDefinition {
  return { kind: 'role-assignment', ...row, status: 'active', changedAt: changed_at.toISOString() };
}
