import { CLOCK, type Clock } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import { Database, type Transaction } from '@berth/persistence';
import { hashSecret } from '@berth/tokens';
import { Inject, Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { raiseMinima } from './raise-minima.js';
import { sessionMaxMs, SESSION_STORE, type Session, type SessionStore } from './session.js';
import type { User } from './user.js';

/** A new session, and the only copy of its secret. */
export interface OpenedSession {
  readonly session: Session;
  readonly secret: string;
}

/** Opens, uses and closes the sessions of people in browsers. */
@Injectable()
export class Sessions {
  constructor(
    @Inject(SESSION_STORE) private readonly store: SessionStore,
    private readonly outbox: Outbox,
    private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** A step of the transaction in which a person was recognised; ended ones of others are removed on the way. */
  async open(tx: Transaction, { id: userId, account }: Pick<User, 'id' | 'account'>): Promise<OpenedSession> {
    const now = this.clock();
    await this.store.deleteEnded(tx, now);
    const secret = randomBytes(32).toString('base64url');
    const version = await this.outbox.nextVersion(tx);
    const times = { createdAtMs: now, endsAtMs: now + sessionMaxMs };
    const session = { id: uuidv7(), sha256: hashSecret(secret), account, userId, version, ...times };
    await this.store.insert(tx, session);
    return { session, secret };
  }

  /** @returns null for a secret of no session that goes on @throws AppError 'unavailable' without Postgres */
  use(secret: string): Promise<Session | null> {
    return this.store.use(this.db, hashSecret(secret), this.clock());
  }

  /**
   * Closes a session, and with it the management tokens that were got by it. One that is closed stays so.
   *
   * @throws AppError 'unavailable' without Postgres: the session goes on then
   */
  async close(secret: string): Promise<Session | null> {
    return this.db.transaction(async (tx) => {
      const session = await this.store.delete(tx, hashSecret(secret));
      if (session === null) return null;
      const { id, account } = session;
      const version = await this.outbox.nextVersion(tx);
      await raiseMinima(this.outbox, tx, { subjects: [`session:${id}`], account, version, atMs: this.clock() });
      return session;
    });
  }
}
