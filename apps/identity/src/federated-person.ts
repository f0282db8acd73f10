import type { Queryable, Transaction } from '@berth/persistence';
import type { Person } from './person.js';

/** By what an identity provider knows somebody. */
export type PersonKey = Pick<Person, 'issuer' | 'subject'>;

/** Which user somebody is here, and when they last proved it. */
export interface FederatedPerson extends PersonKey {
  readonly account: string;
  readonly userId: string;
  /** Epoch milliseconds. */
  readonly loggedInAtMs: number;
}

/** A group of an identity provider, by the name that it has there. */
export interface FederatedGroup {
  readonly issuer: string;
  readonly value: string;
  readonly account: string;
  readonly groupId: string;
}

export const FEDERATED_PERSON_STORE = Symbol('FederatedPersonStore');

/** People and groups of identity providers, found by their names there. */
export interface FederatedPersonStore {
  /** The user that somebody is; nobody else logs them in until the transaction ends. Null = they were never here. */
  lock(tx: Transaction, key: PersonKey): Promise<string | null>;
  /** Stores somebody who is locked, or that they came again. */
  put(tx: Transaction, person: FederatedPerson): Promise<void>;
  /** When a user last logged in this way, epoch milliseconds; null = never, or of another account. */
  loggedInAt(db: Queryable, account: string, userId: string): Promise<number | null>;
  /** Ids of groups by their names there; one that isn't known here has none. */
  groups(tx: Transaction, issuer: string, values: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Nobody else makes groups of the provider known until the transaction ends. */
  lockGroups(tx: Transaction, issuer: string): Promise<void>;
  insertGroup(tx: Transaction, group: FederatedGroup): Promise<void>;
  /** Ids of the groups of any provider that a user is in. */
  groupIdsOf(tx: Transaction, userId: string): Promise<readonly string[]>;
}
