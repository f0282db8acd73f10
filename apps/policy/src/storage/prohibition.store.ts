import type { ProhibitionDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { ProhibitionStore } from '../prohibition.js';

interface ProhibitionRow {
  readonly id: string;
  readonly account: string;
  readonly cause: ProhibitionDefinition['cause'];
  readonly scope: ProhibitionDefinition['scope'];
  readonly actions: string[] | null;
  readonly except_from: string[];
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'id, account, cause, scope, actions, except_from, version, changed_at';

/** Prohibitions in Postgres. */
export class PostgresProhibitionStore extends ProhibitionStore {
  async find(db: Queryable, account: string, id: string): Promise<ProhibitionDefinition | null> {
    const rows = await db.query<ProhibitionRow>(`select ${columns} from prohibition where account = $1 and id = $2`, [
      account,
      id,
    ]);
    return rows.map(prohibitionOf)[0] ?? null;
  }

  async deletionsAmong(db: Queryable, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await db.query<{ id: string }>(
      `select id from prohibition where id = any($1::uuid[]) and cause = 'deleting'`,
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async insert(tx: Transaction, prohibition: ProhibitionDefinition): Promise<boolean> {
    const { id, account, cause, scope, actions, exceptFrom, version, changedAt } = prohibition;
    const inserted = await tx.query(
      `insert into prohibition (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (id) do nothing
       returning id`,
      [id, account, cause, JSON.stringify(scope), actions, exceptFrom, version, changedAt],
    );
    return inserted.length === 1;
  }

  async deleteDeletion(tx: Transaction, id: string): Promise<ProhibitionDefinition | null> {
    const rows = await tx.query<ProhibitionRow>(
      `delete from prohibition where id = $1 and cause = 'deleting' returning ${columns}`,
      [id],
    );
    return rows.map(prohibitionOf)[0] ?? null;
  }
}

function prohibitionOf({ except_from, changed_at, ...row }: ProhibitionRow): ProhibitionDefinition {
  return {
    kind: 'prohibition',
    ...row,
    exceptFrom: except_from,
    status: 'active',
    changedAt: changed_at.toISOString(),
  };
}
