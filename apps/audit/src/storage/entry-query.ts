import type { EntryFilter, EntryPageRequest } from '../entry-log.js';

/** A statement with its parameters. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** Column conditions of what is asked; the columns' names are fixed, values are parameters. */
const conditions = {
  action: 'action = ',
  repository: 'repository = ',
  outcome: 'outcome = ',
  event: 'event = ',
  from: 'at >= ',
  to: 'at < ',
} as const;

/**
 * Entries of an account that fit a filter, in the order of the log. Each index holds its column with `seq`, so a page is
 * read in order and the reading ends when it is full.
 */
export function selectEntries(account: string, filter: EntryFilter, { afterSeq, limit }: EntryPageRequest): Statement {
  const params: unknown[] = [account, afterSeq, limit];
  const parameter = (value: unknown): string => `$${params.push(value)}`;
  const asked = Object.entries(conditions).flatMap(([name, condition]) => {
    // Object.entries forgets the key's type; the keys are those of the table above.
    const value = filter[name as keyof typeof conditions];
    return value === undefined ? [] : [`${condition}${parameter(value)}`];
  });
  const select = (...more: string[]): string =>
    `select seq, body from entry
      where ${['account = $1', 'seq > $2', ...asked, ...more].join(' and ')}
      order by seq limit $3`;
  if (filter.actor === undefined) return { sql: select(), params };
  const actor = parameter(filter.actor);
  // Two readings in order and a merge; with "or", Postgres would read all of an actor's entries and sort them.
  const byName = select(`actor_name = ${actor}`);
  const byId = select(`actor_id = ${actor}`, `actor_name <> ${actor}`);
  return { sql: `select seq, body from ((${byName}) union all (${byId})) as found order by seq limit $3`, params };
}
