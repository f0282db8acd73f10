import type { Action } from '@berth/access';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { principalRef } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { AccountAccess, type AccountAuthorized } from './account-access.js';
import {
  GROUP_STORE,
  noSuchGroup,
  noSuchMember,
  type Group,
  type GroupStore,
  type Member,
  type MemberPage,
  type MemberRef,
} from './group.js';
import type { GroupPlace } from './group-changes.js';
import type { PrincipalPage } from './user.js';

/** Which group somebody wants to change, and how that is called. */
export interface GroupAttempt {
  readonly id: string;
  readonly action: Action;
}

/** Finds the groups of a call and decides whether its caller may. */
@Injectable()
export class KnownGroups {
  constructor(
    private readonly access: AccountAccess,
    @Inject(GROUP_STORE) private readonly groups: GroupStore,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'not-found', 'denied', 'unavailable' without Postgres */
  async read(caller: Caller, id: string): Promise<Group> {
    await this.access.authorize(caller, { action: 'groups/read', resourceName: id });
    const group = await this.groups.find(this.db, caller.account, id);
    if (group === null) throw noSuchGroup();
    return group;
  }

  /** By name. @throws AppError 'denied', 'unavailable' without Postgres */
  async page(caller: Caller, page: PrincipalPage): Promise<Group[]> {
    await this.access.authorize(caller, { action: 'groups/read', resourceName: 'groups' });
    return this.groups.page(this.db, caller.account, page);
  }

  /** @throws as {@link read} */
  async members(caller: Caller, id: string, page: MemberPage): Promise<Member[]> {
    return this.groups.members(this.db, await this.read(caller, id), page);
  }

  /**
   * Changes a group in one transaction, in which nobody else does.
   *
   * @throws as {@link read}, 'conflict' for a group that an identity provider keeps, and what `change` throws
   */
  async change<Result>(
    caller: Caller,
    { id, action }: GroupAttempt,
    change: (tx: Transaction, by: AccountAuthorized, before: Group) => Promise<Result>,
  ): Promise<Result> {
    const by = await this.access.authorize(caller, { action, resourceName: id });
    return this.db.transaction(async (tx) => {
      const before = await this.groups.lock(tx, caller.account, id);
      if (before === null) throw noSuchGroup();
      if (before.issuer !== null && action !== 'groups/delete') throw keptElsewhere(before.issuer);
      return change(tx, { ...by, resourceName: before.name }, before);
    });
  }

  /** As {@link change}, with a member of the same account. @throws as it does, 'not-found' for the member */
  async changePlace(
    caller: Caller,
    { id, member: ref }: { readonly id: string; readonly member: MemberRef },
    change: (tx: Transaction, by: AccountAuthorized, place: GroupPlace) => Promise<void>,
  ): Promise<void> {
    await this.change(caller, { id, action: 'groups/write' }, async (tx, by, group) => {
      const member = await this.groups.lockMember(tx, caller.account, ref);
      if (member === null) throw noSuchMember();
      await change(tx, by, { group, member });
    });
  }

  /**
   * Whoever lets somebody into a group must hold all that the group gives.
   *
   * @throws AppError 'denied' (with an entry in the audit log)
   */
  async requireHolds(by: AccountAuthorized, { id, account }: Group): Promise<void> {
    await this.access.requireHolds(by, {
      // Somebody who has nothing but this group.
      ref: principalRef('user', 'nobody'),
      account,
      groups: [principalRef('group', id)],
      scopeMapId: null,
    });
  }
}

function keptElsewhere(issuer: string): AppError {
  const message = `who is in this group is decided by ${issuer}`;
  return new AppError({ kind: 'conflict', code: 'kept-elsewhere', message });
}
