import type { Action } from '@berth/access';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { principalRef } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { AccountAccess, type AccountAuthorized } from './account-access.js';
import { FEDERATED_PERSON_STORE, type FederatedPersonStore } from './federated-person.js';
import { GROUP_STORE, type GroupStore } from './group.js';
import { noSuchUser, USER_STORE, type PrincipalPage, type User, type UserStore } from './user.js';

/** Which user somebody wants to change, and how that is called. */
export interface UserAttempt {
  readonly id: string;
  readonly action: Action;
}

/** Finds the users of a call and decides whether its caller may. */
@Injectable()
export class KnownUsers {
  constructor(
    private readonly access: AccountAccess,
    @Inject(USER_STORE) private readonly users: UserStore,
    @Inject(GROUP_STORE) private readonly groups: GroupStore,
    @Inject(FEDERATED_PERSON_STORE) private readonly people: FederatedPersonStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found', 'denied', 'unavailable' without Postgres */
  async read(caller: Caller, id: string): Promise<User> {
    await this.access.authorize(caller, { action: 'users/read', resourceName: id });
    const user = await this.users.find(this.db, caller.account, id);
    if (user === null) throw noSuchUser();
    return user;
  }

  /** By name. @throws AppError 'denied', 'unavailable' without Postgres */
  async page(caller: Caller, page: PrincipalPage): Promise<User[]> {
    await this.access.authorize(caller, { action: 'users/read', resourceName: 'users' });
    return this.users.page(this.db, caller.account, page);
  }

  /**
   * Before work is done for a change that costs something by itself.
   *
   * @throws AppError 'denied', 'unavailable' without Postgres
   */
  async requireMayWrite(caller: Caller, id: string): Promise<void> {
    await this.access.authorize(caller, { action: 'users/write', resourceName: id });
  }

  /** Changes a user in one transaction, in which nobody else does. @throws as {@link read}, and what `change` throws */
  async change<Result>(
    caller: Caller,
    { id, action }: UserAttempt,
    change: (tx: Transaction, by: AccountAuthorized, before: User) => Promise<Result>,
  ): Promise<Result> {
    const by = await this.access.authorize(caller, { action, resourceName: id });
    return this.db.transaction(async (tx) => {
      const before = await this.users.lock(tx, caller.account, id);
      if (before === null) throw noSuchUser();
      return change(tx, { ...by, resourceName: before.name }, before);
    });
  }

  /**
   * Whoever gives somebody the means to act as a user, or takes a user's own from them, must hold all that the user holds, an operator's mark included.
   *
   * @throws AppError 'denied' (with an entry in the audit log)
   */
  async requireHolds(tx: Transaction, by: AccountAuthorized, user: User): Promise<void> {
    if (user.operator) await this.access.requireOperator(by);
    const { id, account, isImported } = user;
    const groups = await this.groups.groupsOf(tx, { kind: 'user', id });
    await this.access.requireHolds(by, {
      ref: principalRef('user', id),
      account,
      groups,
      scopeMapId: null,
      isImported,
    });
  }

  /**
   * A password would outlast what the identity provider says of somebody.
   *
   * @throws AppError 'conflict' with code `kept-elsewhere` for people of an identity provider
   */
  async requireOwnLogIn(tx: Transaction, { id, account }: User): Promise<void> {
    if ((await this.people.loggedInAt(tx, account, id)) === null) return;
    const message = 'this person logs in by the identity provider and has no password here';
    throw new AppError({ kind: 'conflict', code: 'kept-elsewhere', message });
  }
}
