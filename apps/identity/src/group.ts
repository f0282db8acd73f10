import { maxGroups } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Queryable, Transaction } from '@berth/persistence';
import type { PrincipalRef } from '@berth/policy-engine';
import type { PrincipalPage } from './user.js';

/** Members of one group, at most: deleting it raises the minimum of each in one transaction. */
export const maxMembers = 10_000;

/** Groups that one principal may be in, at most: a token names all of them. */
export const maxMemberships = maxGroups;

/** What holds users and service IDs, and is given roles for all of them; never acts by itself, never holds a group. */
export interface Group {
  readonly id: string;
  readonly account: string;
  /** Unique in the account. */
  readonly name: string;
  /** The identity provider that alone decides who is in it; null = people do. */
  readonly issuer: string | null;
  readonly version: number;
  readonly createdAtMs: number;
}

/** What a group can hold. */
export interface MemberRef {
  readonly kind: 'user' | 'service';
  readonly id: string;
}

/** A member, and what it is called. */
export interface Member extends MemberRef {
  readonly name: string;
}

/** A page of members, by kind and id. */
export interface MemberPage {
  readonly after: string | null;
  readonly limit: number;
}

export const GROUP_STORE = Symbol('GroupStore');

/** Groups as management sees them: each query is bound to the caller's account. Rows are locked group first, then members. */
export interface GroupStore {
  find(db: Queryable, account: string, id: string): Promise<Group | null>;
  /** As `find`, and nobody else changes it or its members until the transaction ends. */
  lock(tx: Transaction, account: string, id: string): Promise<Group | null>;
  /** By name, at most `limit`, behind the name `after`. */
  page(db: Queryable, account: string, page: PrincipalPage): Promise<Group[]>;
  /** @returns false when the name is taken; nothing is stored then */
  insert(tx: Transaction, group: Group): Promise<boolean>;
  /** Deletes a group that is locked, and the places in it. */
  delete(tx: Transaction, group: Group): Promise<void>;
  /** Those of `<kind>:<id>` behind `after`, in that order. */
  members(db: Queryable, group: Group, page: MemberPage): Promise<Member[]>;
  countMembers(db: Queryable, group: Group): Promise<number>;
  /** The groups that a principal is in, `group:<id>`. */
  groupsOf(db: Queryable, member: MemberRef): Promise<PrincipalRef[]>;
  /** The member of the group's account, which nobody else changes until the transaction ends; null = there is none. */
  lockMember(tx: Transaction, account: string, member: MemberRef): Promise<Member | null>;
  /** All members, however many, locked as `lockMember` does, in the order of kinds and ids. */
  lockMembers(tx: Transaction, group: Group): Promise<Member[]>;
  /** @returns false when it is in the group already */
  add(tx: Transaction, group: Group, place: MemberRef & { readonly addedAtMs: number }): Promise<boolean>;
  /** @returns false when it is not in the group */
  remove(tx: Transaction, group: Group, member: MemberRef): Promise<boolean>;
  /** Gives members that are locked their next version: who remembers what they are decided by reads it again. */
  touch(tx: Transaction, account: string, change: { members: readonly MemberRef[]; version: number }): Promise<void>;
}

/** Whether it never was or is gone, or is another account's. */
export function noSuchGroup(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-group', message: 'there is no such group' });
}

/** Whether nobody has that id, or it is another account's. */
export function noSuchMember(): AppError {
  return new AppError({ kind: 'not-found', code: 'unknown-principal', message: 'there is no such user or service ID' });
}

/** `<kind>:<id>`. */
export function memberRefOf({ kind, id }: MemberRef): string {
  return `${kind}:${id}`;
}
