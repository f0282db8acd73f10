import { AppError } from '@berth/errors';
import { LOGGER } from '@berth/foundation';
import type { Transaction } from '@berth/persistence';
import type { Logger } from '@berth/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { AccountAuthorized } from './account-access.js';
import { namesFor } from './federated-names.js';
import { FEDERATED_PERSON_STORE, type FederatedPersonStore } from './federated-person.js';
import { GroupChanges } from './group-changes.js';
import { GROUP_STORE, maxMembers, maxMemberships, type Group, type GroupStore } from './group.js';
import type { Person } from './person.js';
import type { User } from './user.js';

/** Groups that are locked: those that somebody is to be in, and those that they are in and are to leave. */
export interface GroupPlaces {
  readonly wished: readonly Group[];
  readonly left: readonly Group[];
}

/** Groups that one line of the log names. */
const maxLogged = 10;

/**
 * Keeps who is in the groups of an identity provider in step with what it says at each log-in. These groups are its own: one
 * that people made here has never anybody in it because of a name, and gives its name to no other.
 */
@Injectable()
export class FederatedGroups {
  constructor(
    @Inject(FEDERATED_PERSON_STORE) private readonly known: FederatedPersonStore,
    @Inject(GROUP_STORE) private readonly groups: GroupStore,
    private readonly changes: GroupChanges,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** All groups of a log-in, made where they are new, in the order of ids as every transaction locks them. */
  async lock(
    tx: Transaction,
    by: AccountAuthorized,
    { person, userId }: { readonly person: Person; readonly userId: string | null },
  ): Promise<GroupPlaces> {
    const wished = new Set(await this.wishedIds(tx, by, person));
    const current = userId === null ? [] : await this.known.groupIdsOf(tx, userId);
    const locked: Group[] = [];
    for (const id of [...new Set([...wished, ...current])].sort()) {
      const group = await this.groups.lock(tx, by.account, id);
      if (group !== null) locked.push(group);
    }
    return {
      wished: locked.filter(({ id }) => wished.has(id)),
      left: locked.filter(({ id }) => !wished.has(id)),
    };
  }

  /**
   * As the log-in may have it, once the user is locked too: a group that is full takes nobody more, and what people put the
   * user into counts before what the provider says.
   */
  async fit(tx: Transaction, { user, places }: Move): Promise<GroupPlaces> {
    const all = await this.groups.groupsOf(tx, memberOf(user));
    const ofProviders = new Set(await this.known.groupIdsOf(tx, user.id));
    const room = maxMemberships - (all.length - ofProviders.size);
    const wished: Group[] = [];
    const refused: Group[] = [];
    for (const group of places.wished) {
      const fits = wished.length < room && (ofProviders.has(group.id) || (await this.hasRoom(tx, group)));
      (fits ? wished : refused).push(group);
    }
    if (refused.length === 0) return places;
    const groups = refused.slice(0, maxLogged).map(({ name }) => name);
    this.logger.warn({ user: user.id, refused: refused.length, groups }, 'groups of the identity provider left out');
    return { wished, left: [...places.left, ...refused] };
  }

  /** Who is in a group already stays so. */
  async join(tx: Transaction, by: AccountAuthorized, { user, places }: Move): Promise<void> {
    for (const group of places.wished) {
      await this.changes.add(
        tx,
        { ...by, action: 'groups/write', resourceName: group.name },
        { group, member: memberOf(user) },
      );
    }
  }

  /** Raises minima, so nothing comes after it in a transaction. */
  async leave(tx: Transaction, by: AccountAuthorized, { user, places }: Move): Promise<void> {
    for (const group of places.left) {
      await this.changes.remove(
        tx,
        { ...by, action: 'groups/write', resourceName: group.name },
        { group, member: memberOf(user) },
      );
    }
  }

  private async hasRoom(tx: Transaction, group: Group): Promise<boolean> {
    return (await this.groups.countMembers(tx, group)) < maxMembers;
  }

  private async wishedIds(
    tx: Transaction,
    by: AccountAuthorized,
    { issuer, groups }: Person,
  ): Promise<readonly string[]> {
    const found = await this.known.groups(tx, issuer, groups);
    if (found.size === groups.length) return [...found.values()];
    await this.known.lockGroups(tx, issuer);
    // Others may have made them while this one waited.
    const ids = new Map(await this.known.groups(tx, issuer, groups));
    for (const value of groups) {
      if (!ids.has(value)) ids.set(value, await this.create(tx, by, { issuer, value }));
    }
    return [...ids.values()];
  }

  private async create(
    tx: Transaction,
    by: AccountAuthorized,
    { issuer, value }: { readonly issuer: string; readonly value: string },
  ): Promise<string> {
    for (const name of namesFor(value, [issuer, value])) {
      const group = await this.changes.create(
        tx,
        { ...by, action: 'groups/write', resourceName: name },
        { name, issuer },
      );
      if (group === null) continue;
      await this.known.insertGroup(tx, { issuer, value, account: by.account, groupId: group.id });
      return group.id;
    }
    throw new AppError({ kind: 'conflict', code: 'name-taken', message: 'there is no free name for a group' });
  }
}

interface Move {
  readonly user: User;
  readonly places: GroupPlaces;
}

function memberOf({ id, name }: User) {
  return { kind: 'user', id, name } as const;
}
