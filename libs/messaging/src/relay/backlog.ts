import type { Database } from '@berth/persistence';

/** What waits in the outbox. */
export interface Backlog {
  /** Rows not yet sent; each lane counts up to 10,000. */
  readonly unsent: number;
  /** Age of the oldest of them; 0 when there is none. */
  readonly oldestUnsentMs: number;
}

/** @throws AppError 'unavailable' when Postgres doesn't answer */
export async function readBacklog(db: Pick<Database, 'prepared'>): Promise<Backlog> {
  const [row] = await db.prepared<{ unsent: number; oldest_ms: number }>({
    name: 'outbox_backlog',
    text: `select sum(waiting.rows)::int8 as unsent, coalesce(max(waiting.oldest_ms), 0)::float8 as oldest_ms
             from (values ('urgent'), ('bulk')) lane (name),
             lateral (
               select count(*) as rows, extract(epoch from clock_timestamp() - min(r.created_at)) * 1000 as oldest_ms
                 from (select created_at from outbox where outbox.lane = lane.name and sent_at is null
                        order by id limit 10000) r
             ) waiting`,
  });
  return { unsent: row?.unsent ?? 0, oldestUnsentMs: Math.round(row?.oldest_ms ?? 0) };
}
