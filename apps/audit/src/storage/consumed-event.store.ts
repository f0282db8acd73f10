import type { Queryable, Transaction } from '@berth/persistence';
import { ConsumedEventStore } from '../consumed-event.js';

/** Ids of consumed events in Postgres. */
export class PostgresConsumedEventStore extends ConsumedEventStore {
  async add(tx: Transaction, ids: readonly string[], at: Date): Promise<ReadonlySet<string>> {
    const rows = await tx.query<{ id: string }>(
      `insert into consumed_event (id, at) select id, $2 from unnest($1::uuid[]) as given (id)
       on conflict (id) do nothing
       returning id`,
      [ids, at],
    );
    return new Set(rows.map(({ id }) => id));
  }

  async forgetBefore(db: Queryable, instant: Date): Promise<void> {
    await db.query(`delete from consumed_event where at < $1`, [instant]);
  }
}
