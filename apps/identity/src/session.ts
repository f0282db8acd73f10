import type { Queryable, Transaction } from '@berth/persistence';

/** How long a session lives that nobody uses, and how long one lives at most. */
export const sessionIdleMs = 30 * 60_000;
export const sessionMaxMs = 12 * 3_600_000;

/** A person who is logged in in a browser. Times are epoch milliseconds. */
export interface Session {
  readonly id: string;
  /** Of the secret that the browser keeps, which is 256 random bits. */
  readonly sha256: Buffer;
  readonly account: string;
  readonly userId: string;
  /** `session:<id>` in the `ver` of the management tokens got by it. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly endsAtMs: number;
}

export const SESSION_STORE = Symbol('SessionStore');

/** Sessions, by the hash of their secret, which nobody has without being the person: bound to no account. */
export interface SessionStore {
  insert(tx: Transaction, session: Session): Promise<void>;
  /** The session if it goes on: used now, it does so for another while. */
  use(db: Queryable, sha256: Buffer, nowMs: number): Promise<Session | null>;
  /** @returns the session that was deleted; null = there is none */
  delete(tx: Transaction, sha256: Buffer): Promise<Session | null>;
  /** Removes sessions that nobody used for so long that they ended, a thousand at most. */
  deleteEnded(tx: Transaction, nowMs: number): Promise<void>;
}
