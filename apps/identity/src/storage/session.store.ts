import type { Queryable, Transaction } from '@berth/persistence';
import { sessionIdleMs, type Session, type SessionStore } from '../session.js';

interface SessionRow {
  readonly id: string;
  readonly sha256: Buffer;
  readonly account: string;
  readonly user_id: string;
  readonly version: number;
  readonly created_at: Date;
  readonly ends_at: Date;
}

const columns = 'id, sha256, account, user_id, version, created_at, ends_at';

/** {@link SessionStore} on Postgres. */
export class PostgresSessionStore implements SessionStore {
  async insert(tx: Transaction, session: Session): Promise<void> {
    await tx.query(
      `insert into session (id, sha256, account, user_id, version, created_at, used_at, ends_at)
       values ($1, $2, $3, $4, $5, $6, $6, $7)`,
      [
        session.id,
        session.sha256,
        session.account,
        session.userId,
        session.version,
        new Date(session.createdAtMs),
        new Date(session.endsAtMs),
      ],
    );
  }

  async use(db: Queryable, sha256: Buffer, nowMs: number): Promise<Session | null> {
    const [row] = await db.query<SessionRow>(
      `update session set used_at = greatest(used_at, $2) where sha256 = $1 and ends_at > $2 and used_at > $3
       returning ${columns}`,
      [sha256, new Date(nowMs), new Date(nowMs - sessionIdleMs)],
    );
    return row === undefined ? null : sessionOf(row);
  }

  async delete(tx: Transaction, sha256: Buffer): Promise<Session | null> {
    const [row] = await tx.query<SessionRow>(`delete from session where sha256 = $1 returning ${columns}`, [sha256]);
    return row === undefined ? null : sessionOf(row);
  }

  async deleteEnded(tx: Transaction, nowMs: number): Promise<void> {
    await tx.query(
      `delete from session where id in (
         select id from session where used_at <= $1 order by used_at limit 1000 for update skip locked
       )`,
      [new Date(nowMs - sessionIdleMs)],
    );
  }
}

function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    sha256: row.sha256,
    account: row.account,
    userId: row.user_id,
    version: row.version,
    createdAtMs: row.created_at.getTime(),
    endsAtMs: row.ends_at.getTime(),
  };
}
