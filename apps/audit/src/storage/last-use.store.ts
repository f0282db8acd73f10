import type { EntryDraft } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { latestUses, LastUseStore, type LastUse } from '../last-use.js';
import { storable } from './storable.js';

/** When principals were last used, in Postgres. */
export class PostgresLastUseStore extends LastUseStore {
  async find(db: Queryable, principals: readonly string[]): Promise<LastUse[]> {
    const rows = await db.query<{ principal: string; at: Date }>(
      `select principal, at from last_use where principal = any($1::text[])`,
      [principals],
    );
    return rows.map(({ principal, at }) => ({ principal, atMs: at.getTime() }));
  }
}

/**
 * Takes the uses in these entries over, in one statement with a row for each principal. What is stored already and later
 * stays, as batches come late and in any order.
 */
export async function noteUses(tx: Transaction, drafts: readonly EntryDraft[]): Promise<void> {
  const uses = latestUses(drafts);
  if (uses.length === 0) return;
  await tx.query(
    `insert into last_use as stored (principal, at)
     select principal, max(at) from unnest($1::text[], $2::timestamptz[]) as given (principal, at) group by principal
     on conflict (principal) do update set at = excluded.at where stored.at < excluded.at`,
    [storableTexts(uses.map(({ principal }) => principal)), uses.map(({ atMs }) => new Date(atMs).toISOString())],
  );
}

function storableTexts(texts: readonly string[]): readonly string[] {
  return storable(texts, JSON.stringify(texts)).value;
}
