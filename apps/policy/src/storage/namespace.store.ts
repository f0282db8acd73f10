import type { NamespaceDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import type { VisiblePatterns } from '@berth/policy-engine';
import { NamespaceStore, type NamespaceKey, type NamespacePage } from '../namespace.js';

interface NamespaceRow {
  readonly id: string;
  readonly account: string;
  readonly registry_id: string;
  readonly name: string;
  readonly resource_group: string | null;
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'id, account, registry_id, name, resource_group, version, changed_at';
const byKey = `select ${columns} from namespace where account = $1 and registry_id = $2 and name = $3`;

/** Namespaces in Postgres. */
export class PostgresNamespaceStore extends NamespaceStore {
  async find(db: Queryable, account: string, { registryId, name }: NamespaceKey): Promise<NamespaceDefinition | null> {
    return first(await db.query<NamespaceRow>(byKey, [account, registryId, name]));
  }

  async lock(
    tx: Transaction,
    account: string,
    { registryId, name }: NamespaceKey,
  ): Promise<NamespaceDefinition | null> {
    return first(await tx.query<NamespaceRow>(`${byKey} for update`, [account, registryId, name]));
  }

  async page(db: Queryable, account: string, page: NamespacePage): Promise<NamespaceDefinition[]> {
    const { registryId, visible, after, limit } = page;
    const rows = await db.query<NamespaceRow>(
      `select ${columns} from namespace
        where account = $1 and registry_id = $2 and name > $3
          and (name = any($4::text[]) or not name = any($5::text[]))
        order by name limit $6`,
      [account, registryId, after ?? '', ...seen(visible), limit],
    );
    return rows.map(namespaceOf);
  }

  async countIn(db: Queryable, registryId: string): Promise<number> {
    const sql = `select count(*) as count from namespace where registry_id = $1`;
    return (await db.query<{ count: number }>(sql, [registryId]))[0]?.count ?? 0;
  }

  async insert(tx: Transaction, namespace: NamespaceDefinition): Promise<boolean> {
    const { id, account, registryId, name, resourceGroup, version, changedAt } = namespace;
    const inserted = await tx.query(
      `insert into namespace (${columns}) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (registry_id, name) do nothing
       returning id`,
      [id, account, registryId, name, resourceGroup, version, changedAt],
    );
    return inserted.length === 1;
  }

  async update(
    tx: Transaction,
    { account, id, resourceGroup, version, changedAt }: NamespaceDefinition,
  ): Promise<void> {
    await tx.query(
      `update namespace set resource_group = $3, version = $4, changed_at = $5 where account = $1 and id = $2`,
      [account, id, resourceGroup, version, changedAt],
    );
  }

  async delete(tx: Transaction, { account, id }: NamespaceDefinition): Promise<void> {
    await tx.query(`delete from namespace where account = $1 and id = $2`, [account, id]);
  }
}

/** The names that are seen; and those that are not, where all others are seen: `null` matches nothing then. */
function seen(visible: VisiblePatterns): [readonly string[], readonly string[] | null] {
  if (visible.kind === 'all') return [[], []];
  return [visible.names, visible.allButNamespaces ?? null];
}

function first(rows: readonly NamespaceRow[]): NamespaceDefinition | null {
  return rows.map(namespaceOf)[0] ?? null;
}

function namespaceOf({ registry_id, resource_group, changed_at, ...row }: NamespaceRow): NamespaceDefinition {
  return {
    kind: 'namespace',
    ...row,
    registryId: registry_id,
    resourceGroup: resource_group,
    status: 'active',
    changedAt: changed_at.toISOString(),
  };
}
