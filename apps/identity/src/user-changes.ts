import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { AccountAuthorized } from './account-access.js';
import { PrincipalChanges } from './principal-changes.js';
import { USER_STORE, type User, type UserStore } from './user.js';

/** What is decided about a new user. */
export type NewUser = Pick<User, 'account' | 'name' | 'email' | 'passwordHash' | 'isImported'>;

/** What can be changed of a user. */
export type UserWish = Pick<User, 'email' | 'status' | 'passwordHash'>;

/**
 * Every change of a user, and what it means for the tokens that are out. Each is one step of a transaction.
 *
 * | Change | subject whose minimum rises |
 * |---|---|
 * | created, enabled, given another e-mail address | none |
 * | disabled, deleted, given another password | `user:<id>` |
 *
 * Another password also ends the refresh tokens that were got with the one before.
 *
 * @source architecture "Versions, minima, incarnations"
 */
@Injectable()
export class UserChanges {
  constructor(
    @Inject(USER_STORE) private readonly users: UserStore,
    private readonly changes: PrincipalChanges,
  ) {}

  /** @returns null when the name is taken; nothing is stored then */
  async create(tx: Transaction, by: AccountAuthorized, wish: NewUser): Promise<User | null> {
    const now = this.changes.clock();
    const version = await this.changes.nextVersion(tx);
    const user: User = {
      ...wish,
      id: uuidv7(),
      status: 'enabled',
      operator: false,
      version,
      passwordVersion: version,
      createdAtMs: now,
      changedAtMs: now,
    };
    if (!(await this.users.insert(tx, user))) return null;
    const asked = wish.isImported ? { asked: 'imported' } : {};
    await this.changes.tell(tx, by, { event: 'created', resource: `user:${user.id}`, ...asked });
    return user;
  }

  /** A wish that the user fulfils already changes nothing. */
  async update(tx: Transaction, by: AccountAuthorized, change: { before: User; wish: UserWish }): Promise<User> {
    const { before, wish } = change;
    const parts = changedParts(before, wish);
    if (parts.length === 0) return before;
    const version = await this.changes.nextVersion(tx);
    const isNewPassword = before.passwordHash !== wish.passwordHash;
    const passwordVersion = isNewPassword ? version : before.passwordVersion;
    const user = { ...before, ...wish, version, passwordVersion, changedAtMs: this.changes.clock() };
    await this.users.update(tx, user);
    const resource = `user:${user.id}`;
    await this.changes.tell(tx, by, { event: 'updated', resource, asked: parts.join(', ') });
    const isDisabled = before.status === 'enabled' && wish.status === 'disabled';
    if (isDisabled || isNewPassword) await this.changes.raise(tx, user, [resource]);
    return user;
  }

  async delete(tx: Transaction, by: AccountAuthorized, before: User): Promise<void> {
    const version = await this.changes.nextVersion(tx);
    await this.users.delete(tx, before);
    const resource = `user:${before.id}`;
    await this.changes.tell(tx, by, { event: 'deleted', resource });
    await this.changes.raise(tx, { account: before.account, version }, [resource]);
  }
}

function changedParts(before: User, wish: UserWish): string[] {
  const parts: string[] = [];
  if (before.email !== wish.email) parts.push('email');
  if (before.passwordHash !== wish.passwordHash) parts.push('password');
  if (before.status !== wish.status) parts.push(wish.status);
  return parts;
}
