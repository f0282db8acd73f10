import type { Entry, EntryDraft } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import { EntryLog, type EntryFilter, type EntryPageRequest } from '../entry-log.js';
import { selectEntries } from './entry-query.js';
import { noteUses } from './last-use.store.js';
import { storable } from './storable.js';

/** Rows of one statement: enough to be cheap, few enough to stay a few hundred KiB. */
const maxRows = 2_000;

/** The log in Postgres. */
export class PostgresEntryLog extends EntryLog {
  async lockEnd(tx: Transaction): Promise<number> {
    const [row] = await tx.query<{ size: number }>(`select size from log_head for update`);
    if (row === undefined) throw new AppError({ kind: 'bug', message: 'the log has no head' });
    return row.size;
  }

  async append(tx: Transaction, size: number, drafts: readonly EntryDraft[]): Promise<void> {
    if (drafts.length === 0) return;
    for (let at = 0; at < drafts.length; at += maxRows) await insert(tx, size + at, drafts.slice(at, at + maxRows));
    await noteUses(tx, drafts);
    const moved = await tx.query(`update log_head set size = $2 where size = $1 returning size`, [
      size,
      size + drafts.length,
    ]);
    if (moved.length !== 1) throw new AppError({ kind: 'bug', message: 'the log was appended to by somebody else' });
  }

  async find(
    db: Queryable,
    account: string,
    { filter, page }: { readonly filter: EntryFilter; readonly page: EntryPageRequest },
  ): Promise<Entry[]> {
    const { sql, params } = selectEntries(account, filter, page);
    const rows = await db.query<{ seq: number; body: EntryDraft }>(sql, params);
    return rows.map(({ seq, body }) => ({ ...body, seq }));
  }
}

async function insert(tx: Transaction, size: number, drafts: readonly EntryDraft[]): Promise<void> {
  const rows = drafts.map((draft) => storable(draft, JSON.stringify(draft)));
  const column = (of: (draft: EntryDraft) => string | null) => rows.map(({ value }) => of(value));
  await tx.query(
    `insert into entry (seq, account, at, event, action, outcome, actor_id, actor_name, repository, body)
     select $1::bigint + n, account, at, event, action, outcome, actor_id, actor_name, repository, body
       from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                   $10::json[])
            with ordinality
            as given (account, at, event, action, outcome, actor_id, actor_name, repository, body, n)`,
    [
      size,
      column(({ account }) => account),
      column(({ at }) => at),
      column(({ event }) => event),
      column(({ action }) => action),
      column(({ outcome }) => outcome),
      column(({ actor }) => actor.id),
      column(({ actor }) => actor.name),
      column(({ target }) => target.repository ?? null),
      rows.map(({ json }) => json),
    ],
  );
}
