import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import type { AccountAuthorized } from '../account-access.js';
import { ChosenPasswords } from '../chosen-password.js';
import { InitialPassword } from '../initial-password.js';
import { KnownUsers } from '../known-users.js';
import { LastOperator } from '../last-operator.js';
import { isOneself } from '../own-user.js';
import type { User } from '../user.js';
import { UserChanges, type UserWish } from '../user-changes.js';

/** What is to change of a user; what is left out stays. */
export interface UserPatch {
  readonly email?: string | null | undefined;
  readonly status?: User['status'] | undefined;
  /** Null = no log-in by password. */
  readonly password?: string | null | undefined;
}

interface Change {
  readonly before: User;
  readonly patch: UserPatch;
  readonly passwordHash: string | null | undefined;
}

/** Changes a user: their e-mail address, whether they may log in, and another's password, whatever it was before. */
@Injectable()
export class PatchUser {
  constructor(
    private readonly users: KnownUsers,
    private readonly passwords: ChosenPasswords,
    private readonly changes: UserChanges,
    private readonly lastOperator: LastOperator,
    private readonly initialPassword: InitialPassword,
  ) {}

  /**
   * @throws AppError 'not-found', 'denied' (may not write users, or the user holds more and their log-in would change),
   *   'malformed' for a weak password, 'conflict' (the last platform operator, one's own password, a password of somebody who
   *   logs in by an identity provider), 'rate-limited' when too many passwords are being hashed, 'unavailable' without
   *   Postgres
   */
  async execute(caller: Caller, id: string, patch: UserPatch): Promise<User> {
    await this.users.requireMayWrite(caller, id);
    const { password } = patch;
    if (password !== undefined && isOneself(caller, id)) throw ownPassword();
    const passwordHash = typeof password === 'string' ? await this.passwords.hash(password) : password;
    const user = await this.users.change(caller, { id, action: 'users/write' }, (tx, by, before) =>
      this.change(tx, by, { before, patch, passwordHash }),
    );
    if (passwordHash !== undefined) await this.initialPassword.replacedFor(user.id);
    return user;
  }

  private async change(tx: Transaction, by: AccountAuthorized, change: Change): Promise<User> {
    const { before, patch, passwordHash } = change;
    const { email, status, password } = patch;
    const isReset = typeof password === 'string';
    if (isReset) {
      await this.users.requireOwnLogIn(tx, before);
      this.passwords.requireFitFor(before, password);
    }
    const wish: UserWish = {
      email: email === undefined ? before.email : email,
      status: status ?? before.status,
      passwordHash: passwordHash === undefined ? before.passwordHash : passwordHash,
    };
    if (givesLogIn(before, wish) || isReset || (takesLogIn(before, wish) && !isOneself(by.caller, before.id))) {
      await this.users.requireHolds(tx, by, before);
    }
    const isShutOut = wish.status === 'disabled' || wish.passwordHash === null;
    if (isShutOut) await this.lastOperator.requireAnother(tx, before);
    return this.changes.update(tx, by, { before, wish });
  }
}

function givesLogIn(before: User, { status }: UserWish): boolean {
  return before.status === 'disabled' && status === 'enabled';
}

function takesLogIn(before: User, { status, passwordHash }: UserWish): boolean {
  const isDisabled = before.status === 'enabled' && status === 'disabled';
  return isDisabled || (before.passwordHash !== null && passwordHash === null);
}

/** Whoever finds an open session of somebody doesn't know their password, and gets no other one. */
function ownPassword(): AppError {
  const message = 'your own password is changed by PUT /users/me/password, with the current one';
  return new AppError({ kind: 'conflict', code: 'own-password', message });
}
