import type { ChangesPage } from '@berth/contracts';
import type { Queryable } from '@berth/persistence';

interface ChangeRow {
  readonly topic: string | null;
  readonly key: string;
  readonly change: number;
  readonly data: unknown;
  readonly highest: number;
}

const maxPage = 1000;

/**
 * The latest state of each key that was published after a number: the answer of `GET /internal/changes`.
 *
 * One statement, so one snapshot: with numbers in the order of commits, nothing up to `upTo` is missing from the pages
 * so far, and what commits later has a higher number. An `upTo` below `after` says that the owner has lost changes
 * (restored from a backup).
 *
 * @param page after: the `upTo` of the page before, 0 at first; limit: 1..1000 changes, 1000 when left out
 * @throws AppError 'unavailable' when Postgres doesn't answer
 */
export async function readChanges(db: Queryable, page: { after: number; limit?: number }): Promise<ChangesPage> {
  const limit = Math.min(page.limit ?? maxPage, maxPage);
  const rows = await db.query<ChangeRow>(
    `select s.topic, s.key, s.change, s.data, h.highest
       from (select coalesce(max(change), 0) as highest from published_state) h
       left join lateral (
         select topic, key, change, data from published_state where change > $1 order by change limit $2
       ) s on true
      order by s.change`,
    [page.after, limit + 1],
  );
  const changes = rows.flatMap(({ topic, key, change, data }) =>
    topic === null ? [] : [{ topic, key, change, data }],
  );
  const more = changes.length > limit;
  const listed = changes.slice(0, limit);
  return { changes: listed, upTo: more ? (listed.at(-1)?.change ?? page.after) : (rows[0]?.highest ?? 0), more };
}
