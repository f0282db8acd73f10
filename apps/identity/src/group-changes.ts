import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { AccountAuthorized } from './account-access.js';
import { GROUP_STORE, memberRefOf, type Group, type GroupStore, type Member } from './group.js';
import { PrincipalChanges } from './principal-changes.js';

/** A group that is locked, and one of its members or to be one, locked too. */
export interface GroupPlace {
  readonly group: Group;
  readonly member: Member;
}

/**
 * Every change of a group and who is in it, and what it means for the tokens that are out. Each is one step of a
 * transaction.
 *
 * | Change | subject whose minimum rises |
 * |---|---|
 * | group created, member added | none |
 * | member removed | `<kind>:<id>` of the member |
 * | group deleted | those of all members |
 *
 * Either way the member gets its next version: a token that the member owns is decided from it too.
 *
 * @source architecture "Versions, minima, incarnations"
 */
@Injectable()
export class GroupChanges {
  constructor(
    @Inject(GROUP_STORE) private readonly groups: GroupStore,
    private readonly changes: PrincipalChanges,
  ) {}

  /** @returns null when the name is taken; nothing is stored then */
  async create(
    tx: Transaction,
    by: AccountAuthorized,
    { name, issuer }: Pick<Group, 'name' | 'issuer'>,
  ): Promise<Group | null> {
    const version = await this.changes.nextVersion(tx);
    const group = { id: uuidv7(), account: by.account, name, issuer, version, createdAtMs: this.changes.clock() };
    if (!(await this.groups.insert(tx, group))) return null;
    await this.changes.tell(tx, by, { event: 'created', resource: refOf(group) });
    return group;
  }

  async delete(tx: Transaction, by: AccountAuthorized, group: Group): Promise<void> {
    const members = await this.groups.lockMembers(tx, group);
    const version = await this.changes.nextVersion(tx);
    await this.groups.delete(tx, group);
    await this.groups.touch(tx, group.account, { members, version });
    await this.changes.tell(tx, by, { event: 'deleted', resource: refOf(group), asked: `${members.length} members` });
    await this.changes.raise(tx, { account: group.account, version }, members.map(memberRefOf));
  }

  /** Who is in it already stays so. */
  async add(tx: Transaction, by: AccountAuthorized, { group, member }: GroupPlace): Promise<void> {
    const addedAtMs = this.changes.clock();
    if (!(await this.groups.add(tx, group, { kind: member.kind, id: member.id, addedAtMs }))) return;
    const version = await this.changes.nextVersion(tx);
    await this.groups.touch(tx, group.account, { members: [member], version });
    const asked = `member ${memberRefOf(member)} added`;
    await this.changes.tell(tx, by, { event: 'updated', resource: refOf(group), asked });
  }

  /** Who is not in it stays so. */
  async remove(tx: Transaction, by: AccountAuthorized, { group, member }: GroupPlace): Promise<void> {
    if (!(await this.groups.remove(tx, group, member))) return;
    const version = await this.changes.nextVersion(tx);
    await this.groups.touch(tx, group.account, { members: [member], version });
    const asked = `member ${memberRefOf(member)} removed`;
    await this.changes.tell(tx, by, { event: 'updated', resource: refOf(group), asked });
    await this.changes.raise(tx, { account: group.account, version }, [memberRefOf(member)]);
  }
}

function refOf({ id }: Group): string {
  return `group:${id}`;
}
