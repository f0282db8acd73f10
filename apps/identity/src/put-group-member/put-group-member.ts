import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { GROUP_STORE, maxMembers, maxMemberships, type GroupStore, type MemberRef } from '../group.js';
import { GroupChanges, type GroupPlace } from '../group-changes.js';
import { KnownGroups } from '../known-groups.js';

/** Lets a user or service ID into a group; the same twice changes nothing more. */
@Injectable()
export class PutGroupMember {
  constructor(
    private readonly known: KnownGroups,
    @Inject(GROUP_STORE) private readonly groups: GroupStore,
    private readonly changes: GroupChanges,
  ) {}

  /**
   * @throws AppError 'not-found' (group, member), 'denied' (may not write groups, or doesn't hold all that this one gives),
   *   'conflict' when the group is full, the member is in too many, or an identity provider keeps the group; 'unavailable'
   *   without Postgres
   */
  async execute(caller: Caller, address: { readonly id: string; readonly member: MemberRef }): Promise<void> {
    await this.known.changePlace(caller, address, async (tx, by, place) => {
      await this.known.requireHolds(by, place.group);
      await this.requireRoom(tx, place);
      await this.changes.add(tx, by, place);
    });
  }

  private async requireRoom(tx: Transaction, { group, member }: GroupPlace): Promise<void> {
    const memberships = await this.groups.groupsOf(tx, member);
    if (memberships.some((each) => each === `group:${group.id}`)) return;
    if (memberships.length >= maxMemberships) {
      const message = `a principal is in at most ${maxMemberships} groups`;
      throw new AppError({ kind: 'conflict', code: 'too-many-groups', message });
    }
    if ((await this.groups.countMembers(tx, group)) >= maxMembers) {
      const message = `a group has at most ${maxMembers} members`;
      throw new AppError({ kind: 'conflict', code: 'too-many-members', message });
    }
  }
}
