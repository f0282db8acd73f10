import type { RoleDefinitionDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { RoleDefinitionStore, type RoleDefinitionPage } from '../role-definition.js';

interface RoleDefinitionRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly description: string | null;
  readonly actions: string[];
  readonly not_actions: string[];
  readonly data_actions: string[];
  readonly not_data_actions: string[];
  readonly assignable_scopes: RoleDefinitionDefinition['assignableScopes'];
  readonly version: number;
  readonly changed_at: Date;
}

const columns = `id, account, name, description, actions, not_actions, data_actions, not_data_actions, assignable_scopes,
  version, changed_at`;

/** Custom roles in Postgres. */
export class PostgresRoleDefinitionStore extends RoleDefinitionStore {
  async find(db: Queryable, account: string, idOrName: string): Promise<RoleDefinitionDefinition | null> {
    const rows = await db.query<RoleDefinitionRow>(
      `select ${columns} from role_definition where account = $1 and (id::text = $2 or name = $2)
        order by id::text = $2 desc limit 1`,
      [account, idOrName],
    );
    return rows.map(roleOf)[0] ?? null;
  }

  async ofIds(db: Queryable, account: string, ids: readonly string[]): Promise<RoleDefinitionDefinition[]> {
    const rows = await db.query<RoleDefinitionRow>(
      `select ${columns} from role_definition where account = $1 and id::text = any($2)`,
      [account, ids],
    );
    return rows.map(roleOf);
  }

  async page(
    db: Queryable,
    account: string,
    { after, limit }: RoleDefinitionPage,
  ): Promise<RoleDefinitionDefinition[]> {
    const rows = await db.query<RoleDefinitionRow>(
      `select ${columns} from role_definition where account = $1 and name > $2 order by name limit $3`,
      [account, after ?? '', limit],
    );
    return rows.map(roleOf);
  }

  async insert(tx: Transaction, role: RoleDefinitionDefinition): Promise<void> {
    await tx.query(
      `insert into role_definition (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      valuesOf(role),
    );
  }

  async update(tx: Transaction, role: RoleDefinitionDefinition): Promise<void> {
    await tx.query(
      `update role_definition
          set name = $3, description = $4, actions = $5, not_actions = $6, data_actions = $7, not_data_actions = $8,
              assignable_scopes = $9, version = $10, changed_at = $11
        where id = $1 and account = $2`,
      valuesOf(role),
    );
  }

  async delete(tx: Transaction, { account, id }: RoleDefinitionDefinition): Promise<void> {
    await tx.query(`delete from role_definition where account = $1 and id = $2`, [account, id]);
  }
}

function valuesOf(role: RoleDefinitionDefinition): unknown[] {
  const { id, account, name, description, actions, notActions, dataActions, notDataActions } = role;
  const scopes = JSON.stringify(role.assignableScopes);
  const lists = [actions, notActions, dataActions, notDataActions];
  return [id, account, name, description, ...lists, scopes, role.version, role.changedAt];
}

function roleOf({ changed_at, ...row }: RoleDefinitionRow): RoleDefinitionDefinition {
  const { id, account, name, description, actions, version } = row;
  return {
    ...{ kind: 'role-definition', id, account, name, description, actions, version },
    notActions: row.not_actions,
    dataActions: row.data_actions,
    notDataActions: row.not_data_actions,
    assignableScopes: row.assignable_scopes,
    status: 'active',
    changedAt: changed_at.toISOString(),
  };
}
