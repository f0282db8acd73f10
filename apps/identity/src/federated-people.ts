import { installation } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { EntryOrigin } from '@berth/http';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import type { AccountAuthorized } from './account-access.js';
import { FederatedGroups } from './federated-groups.js';
import { namesFor } from './federated-names.js';
import { FEDERATED_PERSON_STORE, type FederatedPersonStore } from './federated-person.js';
import type { Person } from './person.js';
import { PrincipalChanges } from './principal-changes.js';
import { UserChanges } from './user-changes.js';
import { USER_STORE, type User, type UserStore } from './user.js';

/**
 * Keeps the users of an identity provider in step with what it says. Who somebody is, is issuer and subject together, never
 * a name or an e-mail address, which pass from one person to another; a name that is taken here stays with whoever has it.
 */
@Injectable()
export class FederatedPeople {
  constructor(
    @Inject(FEDERATED_PERSON_STORE) private readonly people: FederatedPersonStore,
    @Inject(USER_STORE) private readonly users: UserStore,
    private readonly groups: FederatedGroups,
    private readonly userChanges: UserChanges,
    private readonly changes: PrincipalChanges,
  ) {}

  /**
   * The user that somebody is, made at their first log-in, in the groups that the provider names. A step of a transaction;
   * `then` is what else is done in it, before minima rise.
   *
   * @throws AppError 'denied' with code `user-disabled`
   */
  async recognise<Result>(
    tx: Transaction,
    { person, origin }: { readonly person: Person; readonly origin: EntryOrigin },
    then: (user: User) => Promise<Result>,
  ): Promise<Result> {
    const by = actingFor(person, origin);
    const userId = await this.people.lock(tx, person);
    const locked = await this.groups.lock(tx, by, { person, userId });
    const user = userId === null ? await this.create(tx, by, person) : await this.update(tx, by, { userId, person });
    const { issuer, subject } = person;
    const loggedInAtMs = this.changes.clock();
    await this.people.put(tx, { issuer, subject, account: user.account, userId: user.id, loggedInAtMs });
    const places = await this.groups.fit(tx, { user, places: locked });
    await this.groups.join(tx, by, { user, places });
    const result = await then(user);
    await this.groups.leave(tx, by, { user, places });
    return result;
  }

  private async create(tx: Transaction, by: AccountAuthorized, person: Person): Promise<User> {
    const { email, issuer, subject, wishedName } = person;
    for (const name of namesFor(wishedName, [issuer, subject])) {
      const wish = { account: by.account, name, email, passwordHash: null, isImported: false };
      const user = await this.userChanges.create(tx, { ...by, resourceName: name }, wish);
      if (user !== null) return user;
    }
    throw new AppError({ kind: 'conflict', code: 'name-taken', message: 'there is no free name for this person' });
  }

  private async update(
    tx: Transaction,
    by: AccountAuthorized,
    { userId, person }: { readonly userId: string; readonly person: Person },
  ): Promise<User> {
    const before = await this.users.lock(tx, by.account, userId);
    if (before === null || before.status === 'disabled') {
      throw new AppError({ kind: 'denied', code: 'user-disabled', message: 'the log-in was refused' });
    }
    const { status, passwordHash } = before;
    const wish = { email: person.email, status, passwordHash };
    return this.userChanges.update(tx, { ...by, resourceName: before.name }, { before, wish });
  }
}

/** As whom the provider's word is entered. */
function actingFor({ issuer }: Person, { address, userAgent, traceId }: EntryOrigin): AccountAuthorized {
  const account = installation.accountId;
  const caller = {
    ref: 'anonymous:identity-provider',
    name: issuer.slice(0, 300),
    account,
    groups: [],
    operator: false,
    token: '',
    address: address ?? undefined,
    userAgent: userAgent ?? undefined,
    traceId: traceId ?? undefined,
  };
  return { caller, account, action: 'users/write', resourceName: '', decidedBy: null };
}
