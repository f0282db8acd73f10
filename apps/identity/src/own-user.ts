import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { parsePrincipalRef, principalKindOf, principalRef } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import type { AccountAuthorized } from './account-access.js';
import { noSuchUser, USER_STORE, type User, type UserStore } from './user.js';
import { UserChanges } from './user-changes.js';

/** The caller as a user, for what people do with what is their own. */
@Injectable()
export class OwnUser {
  constructor(
    @Inject(USER_STORE) private readonly users: UserStore,
    private readonly changes: UserChanges,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'denied' with code `not-a-user` for other callers than users, 'unavailable' without Postgres */
  async find(caller: Caller): Promise<User> {
    const user = await this.users.find(this.db, caller.account, ownUserId(caller));
    if (user === null) throw noSuchUser();
    return user;
  }

  /**
   * @param known as {@link find} gave it
   * @throws AppError 'conflict' when the password was replaced meanwhile
   */
  async setPassword(by: AccountAuthorized, known: User, passwordHash: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const before = await this.users.lock(tx, known.account, known.id);
      if (before === null) throw noSuchUser();
      if (before.passwordHash !== known.passwordHash) {
        throw new AppError({ kind: 'conflict', code: 'password-replaced', message: 'the password was just replaced' });
      }
      const { email, status } = before;
      await this.changes.update(tx, by, { before, wish: { email, status, passwordHash } });
    });
  }
}

/** The id of the user that a caller is. @throws AppError 'denied' with code `not-a-user` for other callers */
export function ownUserId({ ref }: Caller): string {
  if (principalKindOf(parsePrincipalRef(ref)) === 'user') return ref.slice('user:'.length);
  throw new AppError({ kind: 'denied', code: 'not-a-user', message: 'only a user has this' });
}

/** Whether a user is who calls. */
export function isOneself({ ref }: Caller, id: string): boolean {
  return ref === principalRef('user', id);
}
