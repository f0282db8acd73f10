import type { Service } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';

/** A state to be stored. */
export interface StoredState {
  readonly topic: string;
  readonly key: string;
  readonly version: number;
  readonly change: number | null;
  readonly data: unknown;
}

interface RecordRow {
  readonly topic: string;
  readonly key: string;
  readonly version: number;
  readonly data: unknown;
}

/** A state as it was found in the table. */
export interface FoundState {
  readonly topic: string;
  readonly key: string;
  readonly data: unknown;
  readonly storedAt: Date;
}

/** Without any state there is one row all the same, for the epoch. */
interface SinceRow {
  readonly latest: number;
  readonly topic: string | null;
  readonly key: string;
  readonly data: unknown;
  readonly stored_at: Date;
}

const rowsPerPage = 1000;
const beforeAllEpochs = -1;
const since = `
  select e.epoch as latest, r.topic, r.key, r.data, r.stored_at
    from followed_epoch e left join followed_record r on r.owner = e.owner and r.epoch > $2
   where e.owner = $1
   order by r.epoch`;

/** The statements on `followed_record` and `followed_epoch` for one owner. */
export class CopyTable {
  constructor(private readonly owner: Service) {}

  /** Locks the owner's epoch until the transaction ends: one writer at a time over all replicas. */
  async lockEpoch(tx: Transaction): Promise<number> {
    const [row] = await tx.query<{ epoch: number }>(`select epoch from followed_epoch where owner = $1 for update`, [
      this.owner,
    ]);
    return row?.epoch ?? this.noRow();
  }

  /** The stored states of these keys. */
  async readStored(tx: Transaction, keys: readonly { readonly topic: string; readonly key: string }[]) {
    const rows = await tx.query<RecordRow>(
      `select r.topic, r.key, r.version, r.data
         from unnest($1::text[], $2::text[]) as wanted (topic, key)
         join followed_record r on r.topic = wanted.topic and r.key = wanted.key`,
      [keys.map(({ topic }) => topic), keys.map(({ key }) => key)],
    );
    const byKey = new Map(rows.map((row) => [`${row.topic} ${row.key}`, row]));
    return { find: (topic: string, key: string): RecordRow | undefined => byKey.get(`${topic} ${key}`) };
  }

  /** Writes states, each newer than the stored one of its key, and raises the epoch to theirs. */
  async write(tx: Transaction, batch: { states: readonly StoredState[]; epoch: number; at: Date }): Promise<void> {
    const { states, epoch, at } = batch;
    await tx.query(
      `insert into followed_record (topic, key, owner, version, change, epoch, data, stored_at)
       select s.topic, s.key, $1, s.version, s.change, $2, s.data::json, $3
         from unnest($4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
           as s (topic, key, version, change, data)
       on conflict (topic, key) do update
         set version = excluded.version, change = excluded.change, epoch = excluded.epoch, data = excluded.data,
             stored_at = excluded.stored_at`,
      [
        this.owner,
        epoch,
        at,
        states.map(({ topic }) => topic),
        states.map(({ key }) => key),
        states.map(({ version }) => version),
        states.map(({ change }) => change),
        states.map(({ data }) => JSON.stringify(data)),
      ],
    );
    await tx.query(`update followed_epoch set epoch = $2 where owner = $1`, [this.owner, epoch]);
  }

  /** What was stored after an epoch, and the epoch of the same snapshot. */
  async readSince(db: Queryable, epoch: number): Promise<{ epoch: number; rows: FoundState[] }> {
    const rows = await db.query<SinceRow>(since, [this.owner, epoch]);
    return { epoch: rows[0]?.latest ?? this.noRow(), rows: statesOf(rows) };
  }

  /**
   * Hands over the whole copy, page by page of one snapshot: read at once it would take many times the memory that is kept
   * of it.
   *
   * @returns the epoch of the snapshot
   */
  async readAll(tx: Transaction, take: (state: FoundState) => void): Promise<number> {
    await tx.query(`declare followed no scroll cursor for ${since}`, [this.owner, beforeAllEpochs]);
    let latest: number | null = null;
    for (;;) {
      const rows = await tx.query<SinceRow>(`fetch ${rowsPerPage} from followed`);
      latest ??= rows[0]?.latest ?? this.noRow();
      for (const state of statesOf(rows)) take(state);
      if (rows.length < rowsPerPage) return latest;
    }
  }

  async markFresh(db: Queryable, at: Date): Promise<void> {
    // `greatest` leaves null aside.
    await db.query(`update followed_epoch set fresh_at = greatest(fresh_at, $2) where owner = $1`, [this.owner, at]);
  }

  async freshAtMs(db: Queryable): Promise<number> {
    const [row] = await db.query<{ fresh_at: Date | null }>(`select fresh_at from followed_epoch where owner = $1`, [
      this.owner,
    ]);
    return row?.fresh_at?.getTime() ?? Number.NEGATIVE_INFINITY;
  }

  async deleteStoredBefore(db: Queryable, topic: string, at: Date): Promise<void> {
    await db.query(`delete from followed_record where topic = $1 and stored_at < $2`, [topic, at]);
  }

  private noRow(): never {
    throw new AppError({ kind: 'bug', message: `followed_epoch has no row for ${this.owner}` });
  }
}

function statesOf(rows: readonly SinceRow[]): FoundState[] {
  return rows.flatMap(({ topic, key, data, stored_at: storedAt }) =>
    topic === null ? [] : [{ topic, key, data, storedAt }],
  );
}
